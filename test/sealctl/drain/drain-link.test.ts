import { describe, expect, it } from 'vitest';
import { blockerText } from '../../../src/sealctl/drain/blocker-text.ts';
import { readBlockers, makeCordon } from '../../../src/sealctl/drain/drain-link.ts';
import { zeroUuid } from '../../../src/core/lotus/rpc-values.ts';
import { taskNameOf, type TaskCode } from '../../../src/core/lotus/task-type.ts';
import {
  now,
  refused,
  scriptedLink,
  scriptedWorker,
  unreachable,
  type Answers,
  type Call,
  type Script,
} from './scripted-link.ts';

const sector = (Number: number) => ({ Miner: 1000, Number });
const sealed = (Number: number) => ({ ...sector(Number), SectorFileType: 2 });
const job = (code: TaskCode, number: number, agoS: number, changes: object = {}) => ({
  Sector: sector(number),
  Task: taskNameOf(code),
  RunWait: 0,
  Start: new Date(now - agoS * 1000).toISOString(),
  ...changes,
});
const inStates =
  (sectors: Readonly<Record<string, readonly number[]>>) =>
  (states: unknown): unknown =>
    sectors[(states as string[]).join()] ?? null;

/** Only the host has sector 1, which is finished. */
const oneFinished: Answers = {
  StorageList: () => ({ own: [sealed(1), sealed(2)], other: [sealed(2)] }),
  SectorsListInStates: inStates({ Proving: [1] }),
};
const finished = 'sealed of sector 1 only here: finished (Proving), stays until moved';

const texts = async (miner: Answers, script: Script = {}) =>
  (await readBlockers(scriptedLink({ ...script, miner }))).map(blockerText);

describe('looking what keeps a host from being stopped', () => {
  it('finds what only the host has, with a miner that keeps no records of times', async () => {
    expect(await texts(oneFinished)).toEqual([finished]);
  });

  it('asks the miner and the workers, and every question ends when the drain is no longer watched', async () => {
    const calls: Call[] = [];
    const script = {
      calls,
      miner: {
        ...oneFinished,
        StorageList: () => ({ own: [sealed(1), sealed(3)] }),
        SectorsStatus: () => ({ State: 'WaitSeed', Log: [] }),
      },
    };
    const link = scriptedLink(script);
    await readBlockers(link);
    expect(calls.map(({ method, params }) => [method, ...params])).toEqual([
      ['red Paths'],
      ['miner StorageInfo', 'own'],
      ['miner WorkerStats'],
      ['miner WorkerJobs'],
      ['miner SealingSchedDiag', false],
      ['miner StorageList'],
      ['miner SealingTimes'],
      ['miner SectorsListInStates', ['Proving']],
      ['miner SectorsListInStates', ['Available']],
      ['miner SectorsListInStates', ['FailedUnrecoverable']],
      ['miner SectorsListInStates', ['Removed']],
      ['miner SectorsStatus', 3, false],
    ]);
    expect(calls.filter(({ signal }) => signal !== link.signal)).toEqual([]);
  });

  it('asks for no states when the host has no file that others have not', async () => {
    const calls: Call[] = [];
    expect(await texts({ StorageList: () => ({ other: [sealed(1)] }) }, { calls })).toEqual([]);
    expect(calls.map(({ method }) => method)).not.toContain('miner SectorsListInStates');
  });

  it('finds nothing for a worker without paths, and asks the miner for none', async () => {
    const calls: Call[] = [];
    expect(await texts(oneFinished, { calls, worker: { Paths: () => null } })).toEqual([]);
    expect(calls.map(({ method }) => method)).not.toContain('miner StorageInfo');
  });

  it('knows the paths of a worker that does not answer by what is written on them', async () => {
    const script = {
      worker: { Paths: unreachable },
      pathsOf: (label: string) => (label === 'red' ? ['own'] : []),
    };
    expect(await texts(oneFinished, script)).toEqual([finished]);
  });

  it('counts a path that the miner does not know yet, or nobody serves, as its own', async () => {
    expect(await texts({ ...oneFinished, StorageInfo: () => ({ URLs: null }) })).toEqual([finished]);
    expect(await texts({ ...oneFinished, StorageInfo: refused('no such path') })).toEqual([finished]);
  });

  it('counts a path that others serve as well as no path of its own', async () => {
    const shared = () => ({ URLs: ['http://red/remote', 'http://blue/remote'] });
    expect(await texts({ ...oneFinished, StorageInfo: shared })).toEqual([]);
  });

  it('counts a path that only its own workers share as its own', async () => {
    const shared = () => ({ URLs: ['http://red/remote', 'http://ruby/remote'] });
    const workers = ['red', 'ruby'].map((label) =>
      scriptedWorker(label, [], { Paths: () => [{ ID: 'own' }] }),
    );
    expect(await texts({ ...oneFinished, StorageInfo: shared }, { workers })).toEqual([finished]);
  });

  it('tells since when a sector that is under way is in its phase, and what its task usually takes', async () => {
    const miner = {
      WorkerJobs: () => ({ session: [job('PC1', 4, 12)] }),
      StorageList: () => ({ own: [sealed(3)] }),
      SectorsStatus: () => ({ State: 'WaitSeed', Log: [{ Kind: 'state', Timestamp: now / 1000 - 60 }] }),
      SealingTimes: () => [{ Task: taskNameOf('PC1'), ProofType: 5, Count: 1, MedianMs: 40_000 }],
    };
    expect(await texts(miner)).toEqual([
      'PC1 of sector 4 on red: running for 12s, about 28s left',
      'sealed of sector 3 only here: WaitSeed for 1m, no estimate yet',
    ]);
  });

  it.each([
    { log: 'the last state', kinds: ['state', 'state', 'event;retry'], shown: '20s' },
    {
      log: 'the last entry, as Lotus names no states',
      kinds: ['event;a', 'event;b', 'event;c'],
      shown: '10s',
    },
    { log: 'nothing in an empty log', kinds: [], shown: '0s' },
  ])('counts the time of a phase from $log', async ({ kinds, shown }) => {
    const log = kinds.map((Kind, index) => ({ Kind, Timestamp: now / 1000 - 10 * (3 - index) }));
    const miner = {
      StorageList: () => ({ own: [sealed(3)] }),
      SectorsStatus: () => ({ State: 'WaitSeed', Log: log }),
    };
    expect(await texts(miner)).toEqual([
      `sealed of sector 3 only here: WaitSeed for ${shown}, no estimate yet`,
    ]);
  });

  it('knows which sectors wait in the queue of the miner', async () => {
    const request = { Sector: sector(3), TaskType: taskNameOf('PC2'), Priority: 0, SchedId: 'q' };
    const miner = {
      SealingSchedDiag: () => ({ SchedInfo: { Requests: [request] } }),
      StorageList: () => ({ own: [sealed(3)] }),
      SectorsStatus: () => ({ State: 'PreCommit2', Log: [{ Kind: 'state', Timestamp: now / 1000 - 5 }] }),
    };
    expect(await texts(miner)).toEqual([
      'sealed of sector 3 only here: PreCommit2 for 5s, PC2 waits for a worker, no estimate yet',
    ]);
  });

  it('counts results of a worker that has ended, which the miner lists under its name', async () => {
    const left = job('PC1', 4, 3, { RunWait: -1, Hostname: 'red' });
    expect(await texts({ WorkerJobs: () => ({ [zeroUuid]: [left] }) })).toEqual([
      'PC1 of sector 4 on red: finished 3s ago, result not delivered yet',
    ]);
  });

  it('calls a worker by its session while the miner does not list it', async () => {
    const miner = {
      WorkerJobs: () => ({ idle: null, 'session-9': [job('PC2', 3, 4)] }),
      StorageList: () => ({ own: [sealed(3)] }),
      SectorsListInStates: inStates({ Available: [3] }),
    };
    expect(await texts(miner)).toEqual([
      'sealed of sector 3 only here: PC2 runs on session-9 for 4s, no estimate yet',
    ]);
  });

  it('does not ask for a sector of another actor, and knows no state of it', async () => {
    const foreign = { Miner: 1001, Number: 1, SectorFileType: 2 };
    const miner = { ...oneFinished, StorageList: () => ({ own: [foreign] }), SectorsStatus: unreachable };
    expect(await texts(miner)).toEqual([
      'sealed of sector 1 only here: finished (unknown), stays until moved',
    ]);
  });

  it('knows no state of a sector that the miner has forgotten', async () => {
    const miner = { StorageList: () => ({ own: [sealed(3)] }), SectorsStatus: refused('no such sector') };
    expect(await texts(miner)).toEqual([
      'sealed of sector 3 only here: finished (unknown), stays until moved',
    ]);
  });

  it('fails when the miner does not answer or lacks a method, rather than finding nothing', async () => {
    await expect(texts({ StorageInfo: unreachable })).rejects.toThrow('connection refused');
    await expect(texts({ SealingTimes: unreachable })).rejects.toThrow('connection refused');
    await expect(texts({ StorageList: () => ({ own: [sealed(3)] }) })).rejects.toThrow(
      "method 'SectorsStatus' not found",
    );
  });
});

describe('keeping workers cordoned', () => {
  const restarting = (sessions: readonly (() => string)[]) => {
    const calls: Call[] = [];
    let look = -1;
    const worker = {
      ProcessSession: () => sessions[look]?.(),
      TaskTypes: () => ({ [taskNameOf('PC1')]: {}, [taskNameOf('C1')]: {} }),
      TaskDisable: () => null,
    };
    const link = scriptedLink({ worker, calls });
    const cordon = makeCordon(link);
    /** Looks once more; which tasks the worker is told to refuse, in all. */
    const next = async () => {
      look += 1;
      await cordon();
      return calls.filter(({ method }) => method === 'red TaskDisable').map(({ params }) => params);
    };
    return { next, calls, link };
  };
  const first = () => 'first';
  const second = () => 'second';

  it('tells a worker that was restarted once more, and leaves alone one that was not', async () => {
    const { next, calls, link } = restarting([first, first, second, second]);
    expect(await next()).toEqual([]);
    expect(await next()).toEqual([]);
    expect(await next()).toEqual([[taskNameOf('PC1')]]);
    expect(await next()).toEqual([[taskNameOf('PC1')]]);
    expect(calls.filter(({ signal }) => signal !== link.signal)).toEqual([]);
  });

  it('waits for a worker that does not answer, and sees afterwards whether it was restarted', async () => {
    const { next, calls, link } = restarting([first, unreachable, first, unreachable, second]);
    for (let look = 0; look < 4; look += 1) await next();
    const asked = { method: 'red ProcessSession', params: [], signal: link.signal };
    expect(calls).toEqual([asked, asked, asked, asked]);
    expect(await next()).toEqual([[taskNameOf('PC1')]]);
  });
});
