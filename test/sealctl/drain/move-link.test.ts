import { describe, expect, it } from 'vitest';
import type { OnlyCopyBlocker } from '../../../src/sealctl/drain/blockers.ts';
import { moveLink } from '../../../src/sealctl/drain/drain-link.ts';
import {
  refused,
  scriptedLink,
  scriptedWorker,
  unreachable,
  type Answers,
  type Call,
} from './scripted-link.ts';

const sector = { Miner: 1000, Number: 7 };
const copy: OnlyCopyBlocker = {
  blocker: 'only-copy',
  sector,
  files: ['sealed', 'cache'],
  paths: ['own', 'forgotten'],
  state: 'Proving',
  phase: 'finished',
  elapsedMs: 0,
};
const call = { Sector: sector, ID: 'call-1' };
const far = { pathId: 'far', worker: 'blue' };
const path = (ID: string, Groups: readonly string[] | null = null) => ({ ID, CanStore: true, Groups });

/** The sector 7 is on `own`; the worker `blue` of another host serves the path `far`. */
function moving({ miner = {}, worker = {} }: { readonly miner?: Answers; readonly worker?: Answers } = {}) {
  const calls: Call[] = [];
  const blue = scriptedWorker('blue', calls, {
    Fetch: () => call,
    RunningCalls: () => [],
    ...worker,
  });
  const owner = { label: 'blue', connect: () => Promise.resolve(blue) };
  const link = scriptedLink({
    calls,
    owners: () => Promise.resolve(new Map([['far', owner]])),
    miner: {
      ActorSectorSize: () => 2048,
      SectorsStatus: () => ({ SealProof: 10 }),
      StorageBestAlloc: () => [path('far')],
      StorageInfo: (id) => (id === 'own' ? { AllowTo: null } : refused('no such path')()),
      ...miner,
    },
  });
  return { calls, link, ...moveLink(link) };
}

/** Every call with its parameters; and that each ends when the drain is no longer watched. */
function asked({ calls, link }: ReturnType<typeof moving>) {
  expect(calls.filter(({ signal }) => signal !== link.signal)).toEqual([]);
  return calls.map(({ method, params }) => [method, ...params]);
}

describe('stores for the files of a sector', () => {
  it('are the miner’s best for these files in a sector of the miner’s size', async () => {
    const move = moving();
    expect(await move.storesFor(copy)).toEqual([far]);
    expect(asked(move)).toEqual([
      ['miner ActorSectorSize', 'f01000'],
      ['miner SectorsStatus', 7, false],
      ['miner StorageBestAlloc', 6, 2048, 'storage', 1000],
      ['miner StorageInfo', 'own'],
      ['miner StorageInfo', 'forgotten'],
    ]);
  });

  it('have a worker that is known, are not the source, and are in a group it gives to', async () => {
    const given = moving({
      miner: {
        StorageInfo: () => ({ AllowTo: ['x'] }),
        StorageBestAlloc: () => [path('own', ['x']), path('nobodys', ['x']), path('far', ['x'])],
      },
    });
    expect(await given.storesFor(copy)).toEqual([far]);
    const withheld = moving({ miner: { StorageInfo: () => ({ AllowTo: ['y'] }) } });
    expect(await withheld.storesFor(copy)).toEqual([]);
  });

  it('are none where the miner finds none', async () => {
    const full = moving({ miner: { StorageBestAlloc: refused('no good path found') } });
    expect(await full.storesFor(copy)).toEqual([]);
  });

  it('remain unknown while the miner does not answer or lacks the method', async () => {
    await expect(moving({ miner: { StorageBestAlloc: unreachable } }).storesFor(copy)).rejects.toThrow(
      'connection refused',
    );
    const { storesFor } = moveLink(scriptedLink({ miner: { ActorSectorSize: () => 2048 } }));
    await expect(storesFor({ ...copy, sector: { Miner: 1001, Number: 7 } })).rejects.toThrow(
      "method 'StorageBestAlloc' not found",
    );
  });
});

describe('fetching the files of a sector', () => {
  it('is a move to a long-term path by the worker of the store, with the proof of the sector', async () => {
    const move = moving();
    expect(await move.fetch(far, sector, 6)).toEqual(call);
    expect(asked(move)).toEqual([
      ['miner ActorSectorSize', 'f01000'],
      ['miner SectorsStatus', 7, false],
      ['blue Fetch', { ID: sector, ProofType: 10 }, 6, 'storage', 'move'],
    ]);
  });

  const proofOf = async (miner: Answers, of = sector) => {
    const move = moving({ miner });
    await move.fetch(far, of, 6);
    return asked(move).find(([method]) => method === 'blue Fetch')?.[1];
  };

  it.each([
    { bytes: 2 ** 11, proof: 5, size: 'of 2 KiB' },
    { bytes: 2 ** 36, proof: 9, size: 'of 64 GiB' },
    { bytes: 12_345, proof: 8, size: 'of an unknown size, taken for 32 GiB' },
  ])('uses the usual proof for a sector $size that the miner has forgotten', async ({ bytes, proof }) => {
    const miner = { ActorSectorSize: () => bytes, SectorsStatus: refused('no such sector') };
    expect(await proofOf(miner)).toEqual({ ID: sector, ProofType: proof });
  });

  it('does not ask the miner for a sector of another actor', async () => {
    const foreign = { Miner: 1001, Number: 7 };
    expect(await proofOf({ SectorsStatus: unreachable }, foreign)).toEqual({ ID: foreign, ProofType: 5 });
  });

  it('fails for a path whose worker is not known', async () => {
    await expect(moving().fetch({ pathId: 'gone', worker: 'blue' }, sector, 6)).rejects.toThrow(
      /^nobody known serves the path gone$/,
    );
  });
});

describe('the fetch of a sector', () => {
  const other = { ...call, ID: 'call-2' };
  const running = (...ids: (typeof call)[]) => {
    const move = moving({ worker: { RunningCalls: () => ids.map((ID) => ({ ID })) } });
    return { move, runs: move.isRunning(far, call) };
  };

  it('runs while the worker lists its call', async () => {
    const { move, runs } = running(other, call);
    expect(await runs).toBe(true);
    expect(asked(move)).toEqual([['blue RunningCalls']]);
  });

  it('has ended when the worker lists others or none', async () => {
    expect(await running(other).runs).toBe(false);
    expect(await running().runs).toBe(false);
  });

  it('may run for ever on a lotus-worker, which does not list its calls', async () => {
    const blue = scriptedWorker('blue', [], {});
    const owner = { label: 'blue', connect: () => Promise.resolve(blue) };
    const { isRunning } = moveLink(
      scriptedLink({ owners: () => Promise.resolve(new Map([['far', owner]])) }),
    );
    expect(await isRunning(far, call)).toBe(true);
  });

  it('remains unknown while the worker does not answer', async () => {
    const { isRunning } = moving({ worker: { RunningCalls: unreachable } });
    await expect(isRunning(far, call)).rejects.toThrow('connection refused');
  });
});
