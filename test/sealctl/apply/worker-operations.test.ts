import { describe, expect, test } from 'vitest';
import {
  cordon,
  drainTasks,
  jobsInWords,
  jobsOf,
} from '../../../src/sealctl/apply/cordon/worker-operations.ts';
import { zeroUuid, type WorkerJob } from '../../../src/core/lotus/rpc-values.ts';
import { taskNameOf, type TaskCode } from '../../../src/core/lotus/task-type.ts';
import { unreachable } from '../drain/scripted-link.ts';
import { problemsOf } from '../ssh/reach.ts';
import { inTurn, stand } from './scripted-worker.ts';

const [pc1, pc2, c1] = [taskNameOf('PC1'), taskNameOf('PC2'), taskNameOf('C1')];
const job = (code: TaskCode, number: number, RunWait = 0, Hostname = 'red') =>
  ({ Task: taskNameOf(code), RunWait, Hostname, Sector: { Miner: 1000, Number: number } }) as WorkerJob;
const listed = (label: string, Enabled: boolean) => ({ Info: { Hostname: label }, Enabled });
const done = () => null;

describe('telling a running worker', () => {
  test('which tasks it shall accept from now on and which not, each alone', async () => {
    const { run, asked, calls, context } = stand({ worker: { TaskEnable: done, TaskDisable: done } });
    await run({ do: 'set-tasks', enable: [pc1, pc2], disable: [c1] });
    expect(asked()).toEqual([
      ['red TaskEnable', pc1],
      ['red TaskEnable', pc2],
      ['red TaskDisable', c1],
    ]);
    expect(calls.filter(({ signal }) => signal !== context.signal)).toEqual([]);
  });

  test('to declare a path again, and to drop what the index has of it that is gone', async () => {
    const { run, asked } = stand({ worker: { StorageRedeclareLocal: done } });
    await run({ do: 'redeclare', storageId: 'path-1' });
    expect(asked()).toEqual([['red StorageRedeclareLocal', 'path-1', true]]);
  });

  test.each([
    { paths: null, told: [['red StorageAddLocal', '/mnt/a']] },
    { paths: [{ LocalPath: '/mnt/b' }], told: [['red StorageAddLocal', '/mnt/a']] },
    { paths: [{ LocalPath: '/mnt/b' }, { LocalPath: '/mnt/a' }], told: [] },
  ])('to open a path, unless it has opened it already: $paths', async ({ paths, told }) => {
    const { run, asked } = stand({ worker: { Paths: () => paths, StorageAddLocal: done } });
    await run({ do: 'attach', path: '/mnt/a' });
    expect(asked()).toEqual([['red Paths'], ...told]);
  });

  test.each([
    { paths: null, told: [] },
    { paths: [{ LocalPath: '/mnt/b' }], told: [] },
    {
      paths: [{ LocalPath: '/mnt/b' }, { LocalPath: '/mnt/a' }],
      told: [['red StorageDetachLocal', '/mnt/a']],
    },
  ])('to close a path, unless it has not opened it: $paths', async ({ paths, told }) => {
    const { run, asked } = stand({ worker: { Paths: () => paths, StorageDetachLocal: done } });
    await run({ do: 'detach', path: '/mnt/a' });
    expect(asked()).toEqual([['red Paths'], ...told]);
  });
});

describe('cordoning a worker', () => {
  test('disables the task types that it accepts and that can be disabled', async () => {
    const types = { [pc1]: {}, [c1]: {}, 'seal/v0/unheard-of': {}, [pc2]: {} };
    const { run, asked, calls, context } = stand({ worker: { TaskTypes: () => types, TaskDisable: done } });
    await run({ do: 'cordon' });
    expect(asked()).toEqual([['red TaskTypes'], ['red TaskDisable', pc1], ['red TaskDisable', pc2]]);
    expect(calls.filter(({ signal }) => signal !== context.signal)).toEqual([]);
  });

  test('is not needed when it does not answer and the miner sends it nothing', async () => {
    const stats = { s: listed('red', false), t: listed('blue', true) };
    const { link, context, asked, texts } = stand({
      worker: { TaskTypes: unreachable },
      miner: { WorkerStats: () => stats },
    });
    await cordon(link, context);
    expect(asked()).toEqual([['red TaskTypes'], ['miner WorkerStats']]);
    expect(texts).toEqual(['the worker does not answer, and the miner sends it no tasks']);
  });

  test('fails when it does not answer and the miner may still send it tasks', async () => {
    const stats = { s: listed('red', false), t: listed('red', true) };
    const { link, context, calls, texts } = stand({
      worker: { TaskTypes: unreachable },
      miner: { WorkerStats: () => stats },
    });
    expect(await problemsOf(cordon(link, context))).toEqual([
      {
        code: 'worker-unreachable',
        severity: 'error',
        summary: 'red does not answer, but the miner still sends it tasks',
        where: { in: 'host', host: 'host' },
        why: 'connection refused',
        fix: "read the worker's log; once the miner lists it as disabled, run sealctl apply again",
      },
    ]);
    expect(texts).toEqual([]);
    expect(calls.filter(({ signal }) => signal !== context.signal)).toEqual([]);
  });

  test('ends at once when it is broken off, and asks no miner', async () => {
    const { link, context, ended, asked } = stand({ worker: { TaskTypes: unreachable } });
    ended.abort();
    await expect(cordon(link, context)).rejects.toThrow('connection refused');
    expect(asked()).toEqual([['red TaskTypes']]);
  });
});

describe('the tasks of a worker', () => {
  const stats = { s1: listed('red', true), s2: listed('blue', true), s3: listed('red', true) };

  test('are those of all its sessions, and results that nobody has taken under its name', async () => {
    const jobs = {
      s1: [job('PC1', 1)],
      s2: [job('PC1', 2, 0, 'blue')],
      [zeroUuid]: [job('C2', 3, -1), job('C2', 4, -1, 'blue')],
    };
    const { link, context, calls } = stand({ miner: { WorkerStats: () => stats, WorkerJobs: () => jobs } });
    expect(await jobsOf(link, context.signal)).toEqual([job('PC1', 1), job('C2', 3, -1)]);
    expect(calls.map(({ signal }) => signal)).toEqual([context.signal, context.signal]);
  });

  test('are none while the miner lists nothing', async () => {
    const { link, context } = stand({ miner: { WorkerStats: () => stats, WorkerJobs: () => null } });
    expect(await jobsOf(link, context.signal)).toEqual([]);
    const idle = stand({ miner: { WorkerStats: () => stats, WorkerJobs: () => ({}) } });
    expect(await jobsOf(idle.link, context.signal)).toEqual([]);
  });

  test('are told with their sectors, how far they are, and what those that run usually take', () => {
    const unheard = { ...job('C1', 5, 1), Task: 'seal/v0/unheard-of' as WorkerJob['Task'] };
    const jobs = [job('PC1', 1), job('PC1', 2, 2), job('PC2', 3), job('C2', 4, -1), unheard];
    expect(jobsInWords(jobs, new Map([[pc1, 40_000]]))).toBe(
      'PC1 of sector 1 running (usually 40s), PC1 of sector 2 assigned, PC2 of sector 3 running, ' +
        'C2 of sector 4 finished, result not delivered yet, seal/v0/unheard-of of sector 5 prepared',
    );
    expect(jobsInWords([job('PC1', 1)])).toBe('PC1 of sector 1 running');
  });
});

describe('waiting until a worker is idle', () => {
  const times = [{ Task: pc1, ProofType: 5, Count: 1, MedianMs: 40_000 }];
  const miner = (...jobs: (readonly WorkerJob[])[]) => ({
    WorkerStats: () => ({ s: listed('red', true) }),
    WorkerJobs: inTurn(...jobs.map((s) => ({ s }))),
    SealingTimes: () => times,
  });

  test('takes until no task is listed twice in a row', async () => {
    const { run, texts, slept, calls, context } = stand({
      miner: miner([], [job('PC1', 4)], [], [job('PC2', 5)], [], []),
    });
    await run({ do: 'drain', timeoutMs: 60_000 });
    expect(texts).toEqual([
      'no task is listed; checking once more',
      'PC1 of sector 4 running (usually 40s)',
      'no task is listed; checking once more',
      'PC2 of sector 5 running',
      'no task is listed; checking once more',
    ]);
    expect(slept).toEqual([500, 500, 500, 500, 500]);
    expect(calls.filter(({ signal }) => signal !== context.signal)).toEqual([]);
  });

  test('takes no longer than its limit, and leaves the worker cordoned', async () => {
    const { run, slept } = stand({ miner: miner([job('PC1', 4)]) });
    expect(await problemsOf(run({ do: 'drain', timeoutMs: 2000 }))).toEqual([
      {
        code: 'wait-timed-out',
        severity: 'error',
        summary: 'waiting for the tasks of red took longer than 2 s',
        where: { in: 'host', host: 'host' },
        why: 'PC1 of sector 4 running (usually 40s)',
        fix: 'the worker stays cordoned: run sealctl apply again later, or raise drainTimeout',
      },
    ]);
    expect(slept).toEqual([500, 500, 500, 500]);
  });

  test('ends when there is nothing left to wait for', async () => {
    const { link, context, slept } = stand({ miner: miner([job('PC1', 4)]) });
    await drainTasks(60_000, link, context, inTurn(false, false, true) as () => Promise<boolean>);
    expect(slept).toEqual([500, 500]);
  });

  test('ends when it is broken off', async () => {
    const { run, ended, slept } = stand({ miner: miner([job('PC1', 4)]) });
    ended.abort(new Error('broken off'));
    await expect(run({ do: 'drain', timeoutMs: 60_000 })).rejects.toThrow('broken off');
    expect(slept).toEqual([500]);
  });
});
