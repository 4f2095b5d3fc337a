import { describe, expect, test } from 'vitest';
import { drainWorkers } from '../../../src/sealctl/apply/cordon/drain-workers.ts';
import type { WorkerLink } from '../../../src/sealctl/apply/cordon/worker-operations.ts';
import { taskNameOf } from '../../../src/core/lotus/task-type.ts';
import { unreachable } from '../drain/scripted-link.ts';
import { inTurn, stand } from './scripted-worker.ts';

const pc1 = taskNameOf('PC1');
const job = { Task: pc1, RunWait: 0, Sector: { Miner: 1000, Number: 4 }, Hostname: 'red' };

interface Script {
  /** The worker's session a second after the other; undefined while it does not answer. */
  readonly session: (second: number) => string | undefined;
  readonly jobs: (second: number) => readonly unknown[];
}

/** A worker with a script, beside a miner that sends it tasks. */
function scripted({ session, jobs }: Script) {
  const second = () => Math.floor(standing.link.clock.now() / 1000);
  const answered = (answer: () => unknown) => () =>
    session(second()) === undefined ? unreachable() : answer();
  const standing = stand({
    worker: {
      ProcessSession: answered(() => session(second())),
      TaskTypes: answered(() => ({ [pc1]: {} })),
      TaskDisable: answered(() => null),
    },
    miner: {
      WorkerStats: () => ({ s: { Info: { Hostname: 'red' }, Enabled: true } }),
      WorkerJobs: () => ({ s: jobs(second()) }),
    },
  });
  return standing;
}

/** What the worker was told, and how many seconds the wait took. */
async function drained(script: Script) {
  const { link, context, asked } = scripted(script);
  await drainWorkers([{ link, timeoutMs: 60_000 }], context);
  const told = asked().filter(([method]) => method === 'red TaskTypes' || method === 'red TaskDisable');
  return { told, took: Math.floor(link.clock.now() / 1000) };
}

describe('before a worker is stopped to roll back', () => {
  test('it is cordoned, and what it does is waited for', async () => {
    const { told, took } = await drained({ session: () => 's', jobs: (at) => (at < 20 ? [job] : []) });
    expect(told).toEqual([['red TaskTypes'], ['red TaskDisable', pc1]]);
    expect(took).toBe(20);
  });

  test('it is waited for no longer than drainTimeout', async () => {
    await expect(drained({ session: () => 's', jobs: () => [job] })).rejects.toThrow(/longer than 60 s/);
  });

  test('one that does not answer is asked three times, a second apart, and not waited for', async () => {
    const { link, context, calls, slept } = scripted({ session: () => undefined, jobs: () => [job] });
    await drainWorkers([{ link, timeoutMs: 60_000 }], context);
    const asked = { method: 'red ProcessSession', params: [], signal: context.signal, timeoutMs: 5000 };
    expect(calls).toEqual([asked, asked, asked]);
    expect(slept).toEqual([1000, 1000]);
  });

  test('one that answers the third time is cordoned', async () => {
    const session = (at: number) => (at < 2 ? undefined : 's');
    const { told, took } = await drained({ session, jobs: (at) => (at < 20 ? [job] : []) });
    expect(told).toEqual([['red TaskTypes'], ['red TaskDisable', pc1]]);
    expect(took).toBe(20);
  });

  test('one that cannot be cordoned at first is told again', async () => {
    const { link, context, asked, slept } = stand({
      worker: {
        ProcessSession: () => 's',
        TaskTypes: inTurn(unreachable, { [pc1]: {} }),
        TaskDisable: () => null,
      },
      miner: {
        WorkerStats: () => ({ s: { Info: { Hostname: 'red' }, Enabled: true } }),
        WorkerJobs: () => null,
      },
    });
    await drainWorkers([{ link, timeoutMs: 60_000 }], context);
    expect(asked().slice(0, 6)).toEqual([
      ['red ProcessSession'],
      ['red TaskTypes'],
      ['miner WorkerStats'],
      ['red ProcessSession'],
      ['red TaskTypes'],
      ['red TaskDisable', pc1],
    ]);
    expect(slept).toEqual([1000, 500]);
  });

  test('one that restarts itself meanwhile is not waited for: what it did is lost', async () => {
    const { took } = await drained({ session: (at) => (at < 5 ? 's' : 't'), jobs: () => [job] });
    expect(took).toBe(5);
  });

  test('one that misses two answers in a row, more than once, is still waited for', async () => {
    const session = (at: number) => (at === 5 || at === 9 ? undefined : 's');
    const { took } = await drained({ session, jobs: (at) => (at < 20 ? [job] : []) });
    expect(took).toBe(20);
  });

  test('one that misses three answers in a row is not waited for any more', async () => {
    const { took } = await drained({ session: (at) => (at < 5 ? 's' : undefined), jobs: () => [job] });
    expect(took).toBe(6);
  });

  test('all are cordoned before the first is waited for', async () => {
    const calls: string[] = [];
    const named = (name: string): WorkerLink => {
      const { link } = scripted({ session: () => 's', jobs: () => [] });
      const { worker, miner } = link;
      return {
        ...link,
        worker: {
          call: (method, params, options) => {
            calls.push(`${name} ${method}`);
            return worker.call(method, params, options);
          },
        },
        miner: {
          call: (method, params, options) => {
            if (method === 'WorkerJobs') calls.push(`miner ${method} for ${name}`);
            return miner.call(method, params, options);
          },
        },
      };
    };
    const workers = ['red', 'blue'].map((name) => ({ link: named(name), timeoutMs: 60_000 }));
    const { context } = stand({});
    await drainWorkers(workers, context);
    expect(calls).toEqual([
      'red ProcessSession',
      'red TaskTypes',
      'red TaskDisable',
      'blue ProcessSession',
      'blue TaskTypes',
      'blue TaskDisable',
      'red ProcessSession',
      'miner WorkerJobs for red',
      'red ProcessSession',
      'miner WorkerJobs for red',
      'blue ProcessSession',
      'miner WorkerJobs for blue',
      'blue ProcessSession',
      'miner WorkerJobs for blue',
    ]);
  });

  test('nothing more is asked when it is broken off while a worker does not answer', async () => {
    const { link, context, ended, asked } = stand({ worker: { ProcessSession: unreachable } });
    ended.abort();
    await expect(drainWorkers([{ link, timeoutMs: 60_000 }], context)).rejects.toThrow('connection refused');
    expect(asked()).toEqual([['red ProcessSession']]);
  });

  test('nothing more is asked when it is broken off while a worker is cordoned', async () => {
    const worker = { ProcessSession: () => 's', TaskTypes: unreachable };
    const { link, context, ended, asked } = stand({ worker });
    ended.abort();
    await expect(drainWorkers([{ link, timeoutMs: 60_000 }], context)).rejects.toThrow('connection refused');
    expect(asked()).toEqual([['red ProcessSession'], ['red TaskTypes']]);
  });
});
