import { describe, expect, test } from 'vitest';
import type { StepContext } from '../../../src/sealctl/apply/executor/ports.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import { prepare, refusal, runOn, tell, worker } from './one-host.ts';
import { clean, work } from './scripted-hosts.ts';

const drain = tell({ do: 'drain', timeoutMs: 1 }, worker);
const waits: readonly ExecutableStep[] = [
  drain,
  tell({ do: 'await-registered', tasks: [], storagePaths: [], timeoutMs: 1 }, worker),
  tell({ do: 'await-miner', timeoutMs: 1 }),
];

describe('an interruption', () => {
  test('before a step ends the work there, which is recorded', async () => {
    const stop = new AbortController();
    const executor = { run: () => Promise.resolve(stop.abort()) };
    const { outcome, events, records } = await runOn([work, work], { executor }, stop);
    expect(outcome).toEqual({ outcome: 'interrupted', stepsDone: 1 });
    expect(events.slice(-1)).toEqual([
      { event: 'step-done', host: 'h', index: 0, title: 'work', tookMs: 10 },
    ]);
    expect(records).toEqual([{ outcome: 'interrupted', stepsDone: 1, steps: 2 }]);
  });

  test.each(waits)('ends the wait of $operation.do, which has not failed', async (wait) => {
    const stop = new AbortController();
    const { outcome, events } = await runOn(
      [prepare, wait],
      {
        executor: {
          runOnWorker: (_daemon, _operation, { signal }) => {
            stop.abort();
            return Promise.reject(new Error(signal.aborted ? 'broken off' : 'goes on'));
          },
        },
      },
      stop,
    );
    expect(outcome).toEqual({ outcome: 'interrupted', stepsDone: 1 });
    expect(events.filter(({ event }) => event === 'step-failed')).toEqual([]);
  });

  test('does not hide that a step failed which is not a wait', async () => {
    const stop = new AbortController();
    const { outcome } = await runOn(
      [tell({ do: 'cordon' }, worker)],
      {
        executor: {
          runOnWorker: () => {
            stop.abort();
            return Promise.reject(new Error('connection refused'));
          },
        },
      },
      stop,
    );
    const problems = [refusal('connection refused')];
    expect(outcome).toEqual({ outcome: 'failed', stepsDone: 0, step: 'cordon', problems });
  });

  test('does not hide that a wait failed before it', async () => {
    const { outcome } = await runOn([drain], { fails: (call) => call === 'worker' });
    expect(outcome).toMatchObject({ outcome: 'failed', step: 'drain' });
  });

  test('ends the health gate, which has not failed', async () => {
    const stop = new AbortController();
    const { outcome } = await runOn(
      [work, work, clean],
      {
        executor: {
          gate: () => {
            stop.abort();
            return Promise.reject(new Error('broken off'));
          },
        },
      },
      stop,
    );
    expect(outcome).toEqual({ outcome: 'interrupted', stepsDone: 2 });
  });

  test('breaks off waits in its first stage, and everything else in its second', async () => {
    const signals = new Map<string, AbortSignal>();
    const keep = (name: string, { signal }: StepContext, ends = true) => {
      signals.set(name, signal);
      return ends ? Promise.resolve() : Promise.reject(new Error('no'));
    };
    const { stop, abort } = await runOn([...waits, tell({ do: 'cordon' }, worker), work], {
      isCanary: true,
      executor: {
        snapshotFiles: (_steps, context) => keep('snapshot', context),
        assertWritable: (_steps, context) => keep('write access', context),
        run: (_operation, context) => keep('run', context),
        runOnWorker: (_daemon, operation, context) => keep(operation.do, context),
        gate: (_steps, context) => keep('gate', context, false),
        drainWorkers: (_steps, context) => keep('drain before rollback', context),
        rollBack: (_steps, context) => keep('rollback', context),
      },
    });
    const brokenOff = () => [...signals].flatMap(([name, { aborted }]) => (aborted ? [name] : []));
    expect(brokenOff()).toEqual([]);
    stop.abort();
    const ended = ['drain', 'await-registered', 'await-miner', 'gate', 'drain before rollback'];
    expect(brokenOff()).toEqual(ended);
    abort.abort();
    expect(brokenOff()).toEqual([...signals.keys()]);
    expect(brokenOff()).toHaveLength(10);
  });

  test('of the second stage alone breaks off waits too', async () => {
    let seen: AbortSignal | undefined;
    const { abort } = await runOn([drain], {
      executor: {
        runOnWorker: (_daemon, _operation, { signal }) => Promise.resolve(void (seen = signal)),
      },
    });
    expect(seen?.aborted).toBe(false);
    abort.abort();
    expect(seen?.aborted).toBe(true);
  });
});
