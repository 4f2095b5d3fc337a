import { describe, expect, test } from 'vitest';
import { taskNameOf } from '../../../src/core/lotus/task-type.ts';
import { unreachable } from '../drain/scripted-link.ts';
import { problemsOf } from '../ssh/reach.ts';
import { inTurn, stand } from './scripted-worker.ts';

const [pc1, pc2, c1] = [taskNameOf('PC1'), taskNameOf('PC2'), taskNameOf('C1')];

describe('waiting until a started worker is registered', () => {
  const operation = {
    do: 'await-registered',
    tasks: [pc1, pc2],
    storagePaths: ['/mnt/a', '/mnt/b', '/mnt/c'],
    timeoutMs: 60_000,
  } as const;
  const accepting = (...Tasks: readonly string[]) => ({ now: { Enabled: true, Tasks } });
  const paths = (...opened: readonly string[]) => opened.map((LocalPath) => ({ LocalPath }));

  test('tells what is missing, until the miner lists its session with its tasks and it has opened its paths', async () => {
    const { run, texts, slept, calls, context } = stand({
      worker: {
        ProcessSession: inTurn(unreachable, 'now'),
        Paths: inTurn(null, paths('/mnt/b'), paths('/mnt/b', '/mnt/c', '/mnt/a')),
      },
      miner: {
        WorkerStats: inTurn(
          { before: { Enabled: true, Tasks: [pc1, pc2] } },
          { now: { Enabled: false, Tasks: [pc1, pc2] } },
          { now: { Enabled: true, Tasks: null } },
          accepting(pc2),
          accepting(pc1, 'seal/v0/unheard-of', pc2, c1),
          accepting(pc2, pc1),
        ),
      },
    });
    await run(operation);
    expect(texts).toEqual([
      'connection refused',
      'the worker answers; the miner does not list it yet',
      'the miner lists it as disabled',
      'the worker does not accept PC1 PC2 yet',
      'the worker does not accept PC1 yet',
      'the worker still accepts seal/v0/unheard-of C1',
      'the worker has not opened /mnt/a, /mnt/b, /mnt/c yet',
      'the worker has not opened /mnt/a, /mnt/c yet',
    ]);
    expect(slept).toEqual(Array.from({ length: 8 }, () => 500));
    expect(calls.filter(({ signal }) => signal !== context.signal)).toEqual([]);
    const limits = new Set(calls.map(({ method, timeoutMs }) => `${method}: ${timeoutMs ?? 'as usual'}`));
    expect([...limits]).toEqual([
      'red ProcessSession: 5000',
      'miner WorkerStats: as usual',
      'red Paths: as usual',
    ]);
  });

  test('needs no tasks of a worker that shall have none', async () => {
    const { run, texts } = stand({
      worker: { ProcessSession: () => 'now', Paths: () => null },
      miner: { WorkerStats: () => ({ now: { Enabled: true, Tasks: null } }) },
    });
    await run({ ...operation, tasks: [], storagePaths: [] });
    expect(texts).toEqual([]);
  });

  test('fails with what was missing last when it takes too long', async () => {
    const { run } = stand({ worker: { ProcessSession: unreachable } });
    expect(await problemsOf(run(operation))).toEqual([
      {
        code: 'wait-timed-out',
        severity: 'error',
        summary: 'waiting for red to register with the miner took longer than 60 s',
        where: { in: 'host', host: 'host' },
        why: 'connection refused',
        fix: "read the worker's log on host; sealctl status shows what it and the miner say",
      },
    ]);
  });

  test('ends at once when it is broken off', async () => {
    const { run, ended, texts } = stand({ worker: { ProcessSession: unreachable } });
    ended.abort();
    await expect(run(operation)).rejects.toThrow('connection refused');
    expect(texts).toEqual([]);
  });
});

describe('waiting until a started miner answers', () => {
  const operation = { do: 'await-miner', timeoutMs: 60_000 } as const;

  test('tells why it does not, and takes the same actor on another network for the same', async () => {
    const { run, texts, slept, calls, context } = stand({
      miner: { ActorAddress: inTurn(unreachable, unreachable, 't01000') },
    });
    await run(operation);
    expect(texts).toEqual(['connection refused']);
    expect(slept).toEqual([500, 500]);
    const asked = { method: 'miner ActorAddress', params: [], signal: context.signal, timeoutMs: 5000 };
    expect(calls).toEqual([asked, asked, asked]);
  });

  test('fails when it takes too long', async () => {
    const { run } = stand({ miner: { ActorAddress: unreachable } });
    expect(await problemsOf(run(operation))).toEqual([
      {
        code: 'wait-timed-out',
        severity: 'error',
        summary: 'waiting for the miner took longer than 60 s',
        where: { in: 'host', host: 'host' },
        why: 'connection refused',
        fix: "read the miner's log on host",
      },
    ]);
  });

  test('fails at once when it is the miner of another actor', async () => {
    const { run, slept } = stand({ miner: { ActorAddress: () => 'f01001' } });
    expect(await problemsOf(run(operation))).toEqual([
      {
        code: 'other-actor',
        severity: 'error',
        summary: 'the miner on host is f01001, not f01000',
        where: { in: 'host', host: 'host' },
        why: 'its repo was initialized for another storage provider',
        fix: 'correct `actor` in cluster.yaml, or give miner.repo a directory of its own',
      },
    ]);
    expect(slept).toEqual([]);
  });

  test('ends at once when it is broken off', async () => {
    const { run, ended, texts } = stand({ miner: { ActorAddress: unreachable } });
    ended.abort();
    await expect(run(operation)).rejects.toThrow('connection refused');
    expect(texts).toEqual([]);
  });
});
