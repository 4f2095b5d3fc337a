import { describe, expect, test } from 'vitest';
import { fail } from '../../../src/core/problem/problem.ts';
import type { DaemonRef } from '../../../src/sealctl/model/kind.ts';
import { prepare, refusal, runOn, tell, worker } from './one-host.ts';
import { clean, work } from './scripted-hosts.ts';

describe('the work on a host', () => {
  test('is told step by step with the time that each took, and recorded', async () => {
    const { outcome, events, records } = await runOn([work, clean]);
    expect(outcome).toEqual({ outcome: 'done' });
    expect(events).toEqual([
      { event: 'host-started', host: 'h', steps: 2 },
      { event: 'step-started', host: 'h', index: 0, title: 'work' },
      { event: 'step-done', host: 'h', index: 0, title: 'work', tookMs: 10 },
      { event: 'step-started', host: 'h', index: 1, title: 'clean' },
      { event: 'step-done', host: 'h', index: 1, title: 'clean', tookMs: 10 },
      { event: 'host-done', host: 'h', tookMs: 50 },
    ]);
    expect(records).toEqual([{ outcome: 'done', stepsDone: 2, steps: 2 }]);
  });

  test('fails when the host cannot be reached, and nothing is recorded there', async () => {
    const { outcome, events, records } = await runOn([work], {
      host: () => Promise.reject(new Error('connection refused')),
    });
    const problems = [refusal('connection refused')];
    expect(outcome).toEqual({ outcome: 'failed', stepsDone: 0, step: 'connect', problems });
    expect(events).toEqual([
      { event: 'host-started', host: 'h', steps: 1 },
      { event: 'step-failed', host: 'h', index: 0, title: 'connect', problems },
      { event: 'host-failed', host: 'h' },
    ]);
    expect(records).toEqual([]);
  });

  test('ends at a step that fails, whose problems are told as they are', async () => {
    const problem = { code: 'disk-full', summary: 'the disk is full', fix: 'make room' };
    let ran = 0;
    const { outcome, events, records } = await runOn([prepare, work, clean], {
      executor: { run: () => ((ran += 1) < 2 ? Promise.resolve() : Promise.reject(fail(problem))) },
    });
    const problems = [{ ...problem, severity: 'error' }];
    expect(outcome).toEqual({ outcome: 'failed', stepsDone: 1, step: 'work', problems });
    expect(events.slice(-2)).toEqual([
      { event: 'step-failed', host: 'h', index: 1, title: 'work', problems },
      { event: 'host-failed', host: 'h' },
    ]);
    expect(records).toEqual([
      { outcome: 'failed', stepsDone: 1, steps: 3, failure: 'work: the disk is full' },
    ]);
  });

  test('checks for write access just before the first step that interrupts, for that step and those after it', async () => {
    const checked: string[][] = [];
    const log: string[] = [];
    await runOn([prepare, work, clean], {
      executor: {
        run: () => Promise.resolve(void log.push('run')),
        assertWritable: (steps) => {
          log.push('check');
          return Promise.resolve(void checked.push(steps.map(({ title }) => title)));
        },
      },
    });
    expect(log).toEqual(['run', 'check', 'run', 'run']);
    expect(checked).toEqual([['work', 'clean']]);
  });

  test('that has nothing to clean up is proved healthy after its last step', async () => {
    const gated: string[][] = [];
    const { outcome, log } = await runOn([prepare, prepare], {
      executor: { gate: (steps) => Promise.resolve(void gated.push(steps.map(({ title }) => title))) },
    });
    expect(outcome).toEqual({ outcome: 'done' });
    expect(log).toEqual(['h run', 'h run']);
    expect(gated).toEqual([['prepare', 'prepare']]);
  });

  test('that leaves the host unhealthy fails as the health gate', async () => {
    const { outcome, records } = await runOn([work, clean], { fails: (call) => call === 'gate' });
    const problems = [refusal('h gate failed')];
    expect(outcome).toEqual({ outcome: 'failed', stepsDone: 1, step: 'health gate', problems });
    expect(records).toEqual([
      { outcome: 'failed', stepsDone: 1, steps: 2, failure: 'health gate: h gate failed' },
    ]);
  });

  test('tells each daemon its own steps; one that names none is for the miner', async () => {
    const told: [DaemonRef, string][] = [];
    await runOn([tell({ do: 'cordon' }, worker), tell({ do: 'await-miner', timeoutMs: 1 })], {
      executor: {
        runOnWorker: (daemon, operation) => Promise.resolve(void told.push([daemon, operation.do])),
      },
    });
    expect(told).toEqual([
      [worker, 'cordon'],
      [{ role: 'miner' }, 'await-miner'],
    ]);
  });

  test('tells the progress of a step under its index, and that of the health gate under the first step after it', async () => {
    const { events } = await runOn([prepare, work, clean], {
      executor: {
        run: (_operation, { progress }) => Promise.resolve(progress('half')),
        assertWritable: (_steps, { progress }) => Promise.resolve(progress('writable')),
        gate: (_steps, { progress }) => Promise.resolve(progress('must stay up')),
      },
    });
    expect(events.filter(({ event }) => event === 'step-progress')).toEqual([
      { event: 'step-progress', host: 'h', index: 0, text: 'half' },
      { event: 'step-progress', host: 'h', index: 1, text: 'writable' },
      { event: 'step-progress', host: 'h', index: 1, text: 'half' },
      { event: 'step-progress', host: 'h', index: 2, text: 'must stay up' },
      { event: 'step-progress', host: 'h', index: 2, text: 'half' },
    ]);
  });
});

describe('a canary', () => {
  test('that succeeds is not rolled back', async () => {
    const { outcome, log } = await runOn([work], { isCanary: true });
    expect(outcome).toEqual({ outcome: 'done' });
    expect(log).toEqual(['h snapshot', 'h check for write access', 'h run', 'h gate']);
  });

  test('that is interrupted is not rolled back', async () => {
    const stop = new AbortController();
    stop.abort();
    const { outcome, log } = await runOn([work], { isCanary: true }, stop);
    expect(outcome).toEqual({ outcome: 'interrupted', stepsDone: 0 });
    expect(log).toEqual(['h snapshot']);
  });

  test('whose state cannot be saved is not touched', async () => {
    const { outcome, log, events } = await runOn([work], {
      isCanary: true,
      fails: (call) => call === 'snapshot',
    });
    const problems = [refusal('h snapshot failed')];
    const step = 'save the current state';
    expect(outcome).toEqual({ outcome: 'failed', stepsDone: 0, step, problems });
    expect(log).toEqual(['h snapshot']);
    expect(events.slice(1)).toEqual([
      { event: 'step-failed', host: 'h', index: 0, title: step, problems },
      { event: 'host-failed', host: 'h' },
    ]);
  });

  test('that was rolled back is told and recorded so', async () => {
    const { outcome, events, records } = await runOn([work], {
      isCanary: true,
      fails: (call) => call === 'run',
    });
    const problems = [refusal('h run failed')];
    expect(outcome).toEqual({ outcome: 'failed', stepsDone: 0, step: 'work', problems, rolledBack: true });
    expect(events.slice(-2)).toEqual([
      { event: 'rolled-back', host: 'h' },
      { event: 'host-failed', host: 'h' },
    ]);
    expect(records).toEqual([
      { outcome: 'failed', stepsDone: 0, steps: 1, failure: 'work: h run failed; rolled back' },
    ]);
  });

  test('whose rollback is interrupted while its workers finish is told what to do', async () => {
    const stop = new AbortController();
    const { outcome, records } = await runOn(
      [work],
      {
        isCanary: true,
        fails: (call) => {
          if (call === 'drain') stop.abort();
          return call === 'run' || call === 'drain';
        },
      },
      stop,
    );
    expect(outcome).toEqual({
      outcome: 'failed',
      stepsDone: 0,
      step: 'work',
      problems: [
        refusal('h run failed'),
        {
          code: 'rollback-interrupted',
          severity: 'error',
          summary: 'h was not rolled back',
          where: { in: 'host', host: 'h' },
          why: 'the apply was interrupted while the workers finished their tasks',
          fix: 'revert the change in cluster.yaml and run sealctl apply again',
        },
      ],
    });
    expect(records.map(({ failure }) => failure)).toEqual(['work: h run failed; h was not rolled back']);
  });

  test('tells the progress of its rollback after its last step', async () => {
    const { events } = await runOn([work, clean], {
      isCanary: true,
      fails: (call) => call === 'run',
      executor: {
        drainWorkers: (_steps, { progress }) => Promise.resolve(progress('waiting')),
        rollBack: (_steps, { progress }) => Promise.resolve(progress('restarting')),
      },
    });
    expect(events.filter(({ event }) => event === 'step-progress')).toEqual([
      { event: 'step-progress', host: 'h', index: 2, text: 'waiting' },
      { event: 'step-progress', host: 'h', index: 2, text: 'restarting' },
    ]);
  });
});
