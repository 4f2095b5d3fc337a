import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import { rolloutOf, run, work } from './scripted-hosts.ts';

describe('carrying out a plan', () => {
  test('proves each host healthy before it takes away what could be rolled back to', async () => {
    const { log } = await run({ hosts: ['a'] });
    expect(log).toEqual(['a check for write access', 'a run', 'a gate', 'a run', 'a record done']);
  });

  test('interrupts nothing on a host that cannot take what would be written', async () => {
    const { result, log } = await run({
      hosts: ['a'],
      fails: (_host, call) => call === 'check for write access',
    });
    expect(log).toEqual(['a check for write access', 'a record failed']);
    expect(result.failed[0]?.step).toBe('check that files can be written');
  });

  test('rolls back a canary that fails its gate, and touches no other host', async () => {
    const { result, log, events } = await run({
      hosts: ['a', 'canary'],
      policy: { canary: 'canary' },
      fails: (host, call) => host === 'canary' && call === 'gate',
    });
    expect(log).toEqual([
      'canary snapshot',
      'canary check for write access',
      'canary run',
      'canary gate',
      'canary drain',
      'canary roll back',
      'canary undoes work, clean',
      'canary record failed',
    ]);
    expect(events.slice(-3).map(({ event }) => event)).toEqual([
      'rolled-back',
      'host-failed',
      'no-new-hosts',
    ]);
    expect(result.failed).toMatchObject([{ host: 'canary', rolledBack: true }]);
    expect(result.notStarted).toEqual(['a']);
  });

  test('undoes nothing of a canary that it never began: a worker that waits for its tasks is not stopped', async () => {
    const wait: ExecutableStep = {
      title: 'wait',
      interrupts: true,
      on: 'worker',
      operation: { do: 'drain', timeoutMs: 1 },
    };
    const { log } = await run({
      hosts: ['canary'],
      steps: [wait, work],
      policy: { canary: 'canary' },
      fails: (_host, call) => call === 'worker',
    });
    expect(log.slice(-2)).toEqual(['canary undoes wait', 'canary record failed']);
  });

  test('does not roll back a canary whose workers do not become idle', async () => {
    const { result, log } = await run({
      hosts: ['c'],
      policy: { canary: 'c' },
      fails: (_host, call) => call === 'gate' || call === 'drain',
    });
    expect(log.slice(-2)).toEqual(['c drain', 'c record failed']);
    expect(result.failed[0]).not.toHaveProperty('rolledBack');
    expect(result.failed[0]?.problems.map(({ summary }) => summary)).toEqual([
      'c gate failed',
      'c drain failed',
    ]);
  });

  test('says that a canary was not rolled back when it is interrupted while its workers finish', async () => {
    const stop = new AbortController();
    const { result } = await run({
      hosts: ['c'],
      policy: { canary: 'c' },
      stopping: stop.signal,
      fails: (_host, call) => {
        if (call === 'drain') stop.abort();
        return call === 'run' || call === 'drain';
      },
    });
    expect(result.failed[0]?.problems.map(({ summary }) => summary)).toEqual([
      'c run failed',
      'c was not rolled back',
    ]);
  });

  test('reports both the failure and that the rollback failed too', async () => {
    const { result } = await run({
      hosts: ['c'],
      policy: { canary: 'c' },
      fails: (_host, call) => call === 'gate' || call === 'roll back',
    });
    expect(result.failed[0]?.problems.map(({ summary }) => summary)).toEqual([
      'c gate failed',
      'c roll back failed',
    ]);
  });

  test('ends after the running step when it is interrupted', async () => {
    const stop = new AbortController();
    const { result, events } = await run({
      hosts: ['a', 'b', 'c'],
      steps: [work, work, work],
      stopping: stop.signal,
      fails: () => {
        stop.abort(new Error('ben took the lock'));
        return false;
      },
    });
    expect(result.interrupted).toEqual([
      { host: 'a', stepsDone: 1, steps: 3 },
      { host: 'b', stepsDone: 1, steps: 3 },
    ]);
    expect(result.notStarted).toEqual(['c']);
    expect(events).toContainEqual({ event: 'no-new-hosts', because: 'ben took the lock', waiting: ['c'] });
  });

  test('accounts for every host exactly once, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 8 }),
        fc.array(fc.tuple(fc.nat(8), fc.constantFrom('run', 'gate', 'record done')), { maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        async (count, failures, maxUnavailable) => {
          const hosts = Array.from({ length: count }, (_, index) => `h${index}`);
          const fails = (host: string, call: string) =>
            failures.some(([index, what]) => host === `h${index}` && call === what);
          const { result } = await run({ hosts, policy: { maxUnavailable }, fails });
          const all = [
            ...result.done,
            ...result.failed.map(({ host }) => host),
            ...result.interrupted.map(({ host }) => host),
            ...result.notStarted,
          ];
          expect(all.toSorted()).toEqual(hosts.toSorted());
        },
      ),
    );
  });

  test('tells which host failed, and which hosts did not start for it', async () => {
    const { events } = await run({
      hosts: ['a', 'b'],
      policy: { maxUnavailable: 1 },
      fails: (host, call) => host === 'a' && call === 'run',
    });
    expect(events.at(-1)).toEqual({ event: 'no-new-hosts', because: 'a failed', waiting: ['b'] });
  });

  test('says nothing of hosts that did not start when all did, whether they failed or not', async () => {
    const { events } = await run({ hosts: ['a'], fails: () => true });
    expect(events.at(-1)).toEqual({ event: 'host-failed', host: 'a' });
  });

  test('begins the next host as soon as one has ended, unless it must pause', async () => {
    const { log } = await run({
      hosts: ['a', 'b', 'c'],
      steps: [work],
      takes: async (label) => {
        for (let turns = label === 'a run' ? 100 : 1; turns > 0; turns -= 1) await turn();
      },
    });
    expect(log.filter((line) => /run|record/.test(line))).toEqual([
      'a run',
      'b run',
      'b record done',
      'c run',
      'c record done',
      'a record done',
    ]);
  });

  test('does not pause between hosts unless it is told to', async () => {
    const { result, log } = await run({ hosts: ['a', 'b'], policy: { maxUnavailable: 1 } });
    expect(result.done).toEqual(['a', 'b']);
    expect(log.filter((line) => line.startsWith('pause'))).toEqual([]);
  });

  test('does not ask the miner for its workers when none must keep serving', async () => {
    let asked = 0;
    const workers = () => Promise.resolve((asked += 1) > 0 ? [] : []);
    const { result } = await run({ hosts: ['a', 'b'], workers });
    expect(result.done).toEqual(['a', 'b']);
    expect(asked).toBe(0);
  });

  test('does not ask the miner for its workers again after a host has failed', async () => {
    let asked = 0;
    const workers = () => {
      asked += 1;
      return Promise.resolve(['a', 'b', 'c'].map((label) => ({ label, tasks: ['PC1'] as const })));
    };
    const { result } = await run({
      hosts: ['a', 'b', 'c'],
      policy: { maxUnavailable: 1, keepServing: { PC1: 1 } },
      workers,
      fails: (_host, call) => call === 'run',
    });
    expect(result.notStarted).toEqual(['b', 'c']);
    expect(asked).toBe(1);
  });

  test('does not begin a host that the workers of the plan cannot spare, whatever the miner lists', async () => {
    const { result, events } = await run({
      hosts: ['a'],
      policy: { keepServing: { PC1: 99 } },
      workers: () =>
        Promise.resolve(
          Array.from({ length: 200 }, (_, index) => ({ label: `w${index}`, tasks: ['PC1'] as const })),
        ),
    });
    expect(result.notStarted).toEqual(['a']);
    expect(events).toEqual([
      { event: 'no-new-hosts', because: 'rollout.keepServing would be broken', waiting: ['a'] },
    ]);
  });

  test('proves a host without steps healthy, and counts none when that is interrupted', async () => {
    const stop = new AbortController();
    const { result, log, events } = await run({
      hosts: [],
      rollout: rolloutOf(['a']),
      stopping: stop.signal,
      fails: (_host, call) => {
        stop.abort();
        return call === 'gate';
      },
    });
    expect(events[0]).toEqual({ event: 'host-started', host: 'a', steps: 0 });
    expect(log).toEqual(['a gate', 'a record interrupted']);
    expect(result.interrupted).toEqual([{ host: 'a', stepsDone: 0, steps: 0 }]);
  });
});
