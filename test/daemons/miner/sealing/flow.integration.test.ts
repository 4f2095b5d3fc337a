import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MinerReturnApi } from '../../../../src/core/lotus/miner-api.ts';
import { makeRpcClient } from '../../../../src/core/lotus/rpc-client.ts';
import type { TaskCode } from '../../../../src/core/lotus/task-type.ts';
import type { RunningMiner } from '../../../../src/daemons/miner/miner.ts';
import { addPiece, prepareMiner, until, type TestMiner } from './miner-for-test.ts';
import { startDouble, type DoubleOptions, type WorkerDouble } from './worker-double.ts';

const all: TaskCode[] = [
  'AP',
  'PC1',
  'PC2',
  'C1',
  'C2',
  'GET',
  'FIN',
  'FUS',
  'RU',
  'PR1',
  'PR2',
  'FRU',
  'UNS',
  'GSK',
];
let miner: TestMiner;
let running: RunningMiner;
let workers: WorkerDouble[];

async function begin(extra: Record<string, string> = {}): Promise<void> {
  miner = await prepareMiner(extra);
  running = await miner.start();
  workers = [];
}

async function worker(options: Partial<DoubleOptions> = {}): Promise<WorkerDouble> {
  const name = options.name ?? `w${workers.length}`;
  const made = await startDouble({
    minerUrl: miner.url,
    token: miner.token,
    tasks: all,
    stores: true,
    ...options,
    name,
  });
  workers.push(made);
  return made;
}

const states = () => miner.client.call('SectorsSummary', []);
const status = (number: number) => miner.client.call('SectorsStatus', [number, false]);
const sealed = (count: number, withinMs?: number) =>
  until(states, (found) => found['Proving'] === count, withinMs);

beforeEach(() => begin());
afterEach(async () => {
  await Promise.all(workers.map((each) => each.stop()));
  await running.stop();
  await miner.tidy();
});

describe('a pledged sector', () => {
  it('a pledged sector passes every phase on a worker and ends in long-term storage', async () => {
    const only = await worker();
    expect(await miner.client.call('PledgeSector', [])).toEqual({ Miner: 1000, Number: 0 });
    await sealed(1);
    expect(only.begun.map(({ method }) => method).filter((method) => method !== 'Fetch')).toEqual([
      'AddPiece',
      'SealPreCommit1',
      'SealPreCommit2',
      'SealCommit1',
      'SealCommit2',
      'ReleaseUnsealed',
      'FinalizeSector',
      'MoveStorage',
    ]);
    expect(await miner.client.call('StorageList', [])).toMatchObject({
      'store-w0': [{ Number: 0, SectorFileType: 6 }],
      'seal-w0': [],
    });
    const info = await status(0);
    expect(info).toMatchObject({ State: 'Proving', SealProof: 5, LastErr: '' });
    const brief = { ...info, Log: info.Log.slice(0, 1) };
    for (const wanted of [null, ['Proving']])
      expect(await miner.client.call('SectorsInfo', [wanted])).toEqual([brief]);
    expect(await miner.client.call('SectorsInfo', [['Packing']])).toEqual([]);
    expect(
      info.Log.filter(({ Kind }) => Kind === 'state')
        .map(({ Message }) => Message)
        .at(-1),
    ).toBe('FinalizeSector -> Proving');
  });

  it('a pledged sector stays in its storage group through every phase', async () => {
    for (const group of ['red', 'blue'])
      for (const tasks of [
        ['AP', 'PC1', 'GET', 'FUS'],
        ['PC2', 'C1', 'C2', 'FIN', 'FUS', 'GET'],
      ] as TaskCode[][])
        await worker({ name: `${group}-${tasks[0]}`, group, tasks, stores: tasks.includes('FIN') });
    for (let count = 0; count < 6; count += 1) await miner.client.call('PledgeSector', []);
    await sealed(6);
    const of = (name: string): WorkerDouble => workers.find((each) => each === workers[names.indexOf(name)])!;
    const names = ['red-AP', 'red-PC2', 'blue-AP', 'blue-PC2'];
    for (const group of ['red', 'blue']) {
      const begunIn = new Set(
        of(`${group}-AP`)
          .begun.filter(({ method }) => method === 'SealPreCommit1')
          .map(({ sector }) => sector),
      );
      const second = of(`${group}-PC2`)
        .begun.filter(({ method }) => method === 'SealPreCommit2')
        .map(({ sector }) => sector);
      expect(second.filter((sector) => !begunIn.has(sector))).toEqual([]);
    }
  });

  it('a task that no worker can take shows why it waits', async () => {
    await worker({ tasks: ['C2', 'GET'] });
    await miner.client.call('PledgeSector', []);
    const [waiting] = await until(
      () => miner.client.call('SealingExplain', []),
      (list) => list[0]?.Reasons.length === 1,
    );
    expect(waiting).toMatchObject({
      TaskType: 'seal/v0/addpiece',
      Reasons: [{ Hostname: 'w0', Reason: 'the worker does not take AP' }],
    });
    const diag = await miner.client.call('SealingSchedDiag', [true]);
    expect(diag.SchedInfo.Requests).toMatchObject([
      { TaskType: 'seal/v0/addpiece', SchedId: waiting?.SchedId },
    ]);
    await miner.client.call('SealingRemoveRequest', [waiting?.SchedId ?? '']);
    expect(await status(0)).toMatchObject({ State: 'PackingFailed', LastErr: 'request removed', Retries: 0 });
  });
});

describe('what runs', () => {
  it('a running task shows in jobs and metrics and can be aborted on the worker', async () => {
    const only = await worker({ hangs: (method) => method === 'SealPreCommit1' });
    await miner.client.call('PledgeSector', []);
    const job = await until(
      async () => Object.values((await miner.client.call('WorkerJobs', [])) ?? {}).flat(),
      ([first]) => first?.Task === 'seal/v0/precommit/1' && first.RunWait === 0,
    );
    const stats = Object.values(await miner.client.call('WorkerStats', [])).find(
      ({ Info }) => Info.Hostname === 'w0',
    );
    expect(stats).toMatchObject({ TaskCounts: { '5:seal/v0/precommit/1': 1 }, CpuUse: 1, MemUsedMin: 2048 });
    const metrics = await (await fetch(miner.url.replace('rpc/v0', 'metrics'))).text();
    expect(metrics).toContain('seal_miner_tasks_active{task="PC1"} 1');
    await miner.client.call('SealingAbort', [job[0]!.ID]);
    await until(
      () => only.aborted,
      (ids) => ids.includes(job[0]!.ID.ID),
    );
    expect(await status(0)).toMatchObject({
      State: 'SealPreCommit1Failed',
      LastErr: 'task aborted',
      Retries: 0,
    });
  });

  it('a task that failed by a fault of the machine is retried, and the phase before is kept', async () => {
    let failures = 0;
    await worker({
      fails: (method) =>
        method === 'SealPreCommit2' && (failures += 1) === 1
          ? { Code: 101, Message: 'restarted' }
          : undefined,
    });
    await miner.client.call('PledgeSector', []);
    await sealed(1);
    expect(workers[0]?.begun.filter(({ method }) => method === 'SealPreCommit1')).toHaveLength(1);
    expect(workers[0]?.begun.filter(({ method }) => method === 'SealPreCommit2')).toHaveLength(2);
  });
});

describe('a result', () => {
  it('a result counts once, however often and from whichever worker it arrives', async () => {
    await worker();
    await miner.client.call('PledgeSector', []);
    await sealed(1);
    const { call } = workers[0]!.begun.find(({ method }) => method === 'SealPreCommit2')!;
    const before = await status(0);
    const deliver = makeRpcClient<MinerReturnApi>({ url: miner.url, token: miner.token });
    const id = { Sector: { Miner: 1000, Number: 0 }, ID: call };
    for (let time = 0; time < 3; time += 1)
      expect(
        await deliver.call('ReturnSealPreCommit2', [id, { Unsealed: null, Sealed: null }, null]),
      ).toBeNull();
    expect(await status(0)).toEqual(before);
  });
});

describe('a worker that is lost', () => {
  /** A miner with short leases, and a worker that has begun PC1 of sector 0 and stays in it. */
  const inPc1 = async (lease = '1s') => {
    await running.stop();
    await miner.tidy();
    await begin({ LOTUS_SCHEDULER_WORKERLEASE: lease });
    const first = await worker({ hangs: (method) => method === 'SealPreCommit1' });
    await miner.client.call('PledgeSector', []);
    const begun = await until(
      () => first.begun.find(({ method }) => method === 'SealPreCommit1'),
      (call) => call !== undefined,
    );
    return { first, begun: begun! };
  };

  it('a lost worker loses its task to another after the lease', async () => {
    const { first } = await inPc1();
    await first.stop();
    const second = await worker();
    // Its unsealed file is gone with it, and zeros are not worth waiting for: the second one makes files of its own.
    await until(
      () => second.begun,
      (begun) => begun.some(({ method }) => method === 'SealPreCommit1'),
      45_000,
    );
  }, 60_000);

  it('a worker that is disabled in order to stop is not lost and finishes its tasks, however long that takes', async () => {
    const { first } = await inPc1('3s');
    first.disable();
    await until(
      () => miner.client.call('WorkerStats', []),
      (stats) => Object.values(stats).some(({ Info, Enabled }) => Info.Hostname === 'w0' && !Enabled),
    );
    const second = await worker();
    // Others pass through while the first stays where it is, for more than two leases.
    const end = performance.now() + 8_000;
    for (let others = 1; others === 1 || performance.now() < end; others++) {
      await miner.client.call('PledgeSector', []);
      await sealed(others);
    }
    expect(second.begun.filter(({ sector }) => sector === 0)).toEqual([]);
  }, 60_000);

  it('a lost worker that comes back while its task waits goes on with it; what was begun elsewhere it has to leave', async () => {
    const { first, begun } = await inPc1();
    const id = { Sector: { Miner: 1000, Number: 0 }, ID: begun.call };
    const callStatus = () => miner.client.call('SealingCallStatus', [id, 'SealPreCommit1']);
    const waiting = async () => (await miner.client.call('SealingSchedDiag', [false])).SchedInfo.Requests;
    first.silence(true);
    await until(waiting, (requests) => requests?.length === 1);
    expect(await callStatus()).toBe('wanted');
    first.silence(false);
    await until(waiting, (requests) => (requests ?? []).length === 0);
    expect(first.begun.filter(({ method }) => method === 'SealPreCommit1')).toEqual([begun]);

    first.silence(true);
    await worker({ hangs: (method) => method === 'SealPreCommit2' });
    await until(callStatus, (told) => told === 'superseded');
    first.silence(false);
    await until(
      () => status(0),
      ({ State }) => State === 'PreCommit2',
    );
    expect(await callStatus()).toBe('superseded');
    expect(await miner.client.call('SealingCallStatus', [id, 'ReplicaUpdate'])).toBe('superseded');
  }, 60_000);
});

describe('data', () => {
  it('unsealing an upgraded sector is refused at once where both its data and its key are gone', async () => {
    await worker();
    await miner.client.call('PledgeSector', []);
    await sealed(1);
    await miner.client.call('SectorMarkForUpgrade', [0, true]);
    await addPiece(miner, 508);
    await sealed(1);
    const id = { Miner: 1000, Number: 0 };
    const holders = await miner.client.call('StorageFindSector', [id, 1, 0, false]);
    for (const { ID } of holders ?? []) await miner.client.call('StorageDropSector', [ID, id, 1]);
    await expect(miner.client.call('SectorUnseal', [0])).rejects.toThrow('sectors regenerate 0');
  });

  it('data is uploaded, spooled, fetched by the worker, sealed with fillers, and can be unsealed and removed', async () => {
    await worker();
    expect(await addPiece(miner, 508)).toEqual({ Sector: 0, Offset: 0 });
    await until(states, (found) => found['WaitDeals'] === 1);
    await miner.client.call('SectorStartSealing', [0]);
    await sealed(1);
    expect((await status(0)).Pieces.map(({ Piece }) => Piece.Size)).toEqual([512, 512, 1024]);
    await miner.client.call('SectorUnseal', [0]);
    await until(
      () => workers[0]!.begun,
      (begun) => begun.some(({ method }) => method === 'UnsealPiece'),
    );
    await expect(miner.client.call('SectorMarkForUpgrade', [0, true])).rejects.toThrow('already holds data');
  });
});
