import { describe, expect, it } from 'vitest';
import { blockerText } from '../../../src/sealctl/drain/blocker-text.ts';
import { readBlockers, makeCordon, type DrainLink } from '../../../src/sealctl/drain/drain-link.ts';
import type { MethodTable, RpcClient } from '../../../src/core/lotus/rpc-client.ts';
import { RpcError, rpcErrorCodes } from '../../../src/core/lotus/rpc-error.ts';
import { taskNameOf } from '../../../src/core/lotus/task-type.ts';

type Answers = Record<string, (...params: unknown[]) => unknown>;

/** A daemon that answers these methods, and says of others what a daemon says that does not know them. */
function daemon<Api extends MethodTable>(answers: Answers): RpcClient<Api> {
  return {
    call: (method, params) => {
      const answer = answers[method];
      const { code } = rpcErrorCodes.methodNotFound;
      if (answer === undefined)
        return Promise.reject(new RpcError('answer', `method '${method}' not found`, { code }));
      return Promise.resolve().then(() => answer(...params) as never);
    },
  };
}

const now = Date.parse('2026-11-22T12:00:00Z');
const sealed = (Number: number) => ({ Miner: 1000, Number, SectorFileType: 2 });

/** A host with one worker, `red`, whose path is `own`. */
function link(miner: Answers, worker: Answers): DrainLink {
  const client = daemon<never>({
    WorkerStats: () => ({ session: { Info: { Hostname: 'red' } } }),
    WorkerJobs: () => null,
    SealingSchedDiag: () => ({ SchedInfo: { Requests: null } }),
    StorageList: () => ({ own: [sealed(1), sealed(2)], other: [sealed(2)] }),
    StorageInfo: () => ({ URLs: ['http://red/remote'] }),
    SectorsListInStates: (states: unknown) => ((states as string[])[0] === 'Proving' ? [1] : null),
    ...miner,
  });
  return {
    miner: client,
    actorId: 1000,
    workers: [
      {
        host: 'host',
        label: 'red',
        worker: daemon({ Paths: () => [{ ID: 'own' }], ...worker }),
        miner: client,
        actor: 'f01000',
        clock: { now: () => 0, sleep: () => Promise.resolve() },
      },
    ],
    pathsOf: () => ['own'],
    owners: () => Promise.resolve(new Map()),
    now: () => now,
    signal: new AbortController().signal,
  };
}

const texts = async (miner: Answers, worker: Answers = {}) =>
  (await readBlockers(link(miner, worker))).map(blockerText);

describe('looking what keeps a host from being stopped', () => {
  it('finds what only the host has, with a miner that keeps no records of times', async () => {
    expect(await texts({})).toEqual(['sealed of sector 1 only here: finished (Proving), stays until moved']);
  });

  it('knows the paths of a worker that does not answer by what is written on them', async () => {
    const silent = {
      Paths: () => {
        throw new RpcError('unreachable', 'connection refused');
      },
    };
    expect(await texts({}, silent)).toHaveLength(1);
  });

  it('takes a path that others serve as well for no place of its own', async () => {
    expect(
      await texts({ StorageInfo: () => ({ URLs: ['http://red/remote', 'http://blue/remote'] }) }),
    ).toEqual([]);
  });

  it('tells since when a sector that is under way is in its phase, and what its task usually takes', async () => {
    const started = new Date(now - 12_000).toISOString();
    const job = { Sector: { Miner: 1000, Number: 4 }, Task: taskNameOf('PC1'), RunWait: 0, Start: started };
    const miner = {
      WorkerJobs: () => ({ session: [job] }),
      StorageList: () => ({ own: [sealed(3)] }),
      SectorsStatus: () => ({ State: 'WaitSeed', Log: [{ Kind: 'state', Timestamp: now / 1000 - 60 }] }),
      SealingTimes: () => [{ Task: taskNameOf('PC1'), ProofType: 5, Count: 1, MedianMs: 40_000 }],
    };
    expect(await texts(miner)).toEqual([
      'PC1 of sector 4 on red: running for 12s, about 28s left',
      'sealed of sector 3 only here: WaitSeed for 1m, no estimate yet',
    ]);
  });

  it('fails when the miner does not answer, rather than finding nothing', async () => {
    const away = () => {
      throw new RpcError('unreachable', 'connection refused');
    };
    await expect(texts({ StorageInfo: away })).rejects.toThrow('connection refused');
    await expect(texts({ SealingTimes: away })).rejects.toThrow('connection refused');
  });
});

describe('keeping workers cordoned', () => {
  it('tells a worker that was restarted once more, and leaves alone one that was not', async () => {
    let session = 'first';
    const disabled: unknown[] = [];
    const worker = {
      ProcessSession: () => session,
      TaskTypes: () => ({ [taskNameOf('PC1')]: {}, [taskNameOf('C1')]: {} }),
      TaskDisable: (task: unknown) => disabled.push(task),
    };
    const cordon = makeCordon(link({}, worker));
    await cordon();
    await cordon();
    expect(disabled).toEqual([]);
    session = 'second';
    await cordon();
    await cordon();
    expect(disabled).toEqual([taskNameOf('PC1')]);
  });
});
