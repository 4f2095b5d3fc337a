import { describe, expect, it } from 'vitest';
import type { OnlyCopyBlocker } from '../../../src/sealctl/drain/blockers.ts';
import type { DrainEvent } from '../../../src/sealctl/drain/events.ts';
import {
  makeFileMover,
  storesAmong,
  type MoveLink,
  type Store,
} from '../../../src/sealctl/drain/move-files.ts';
import type { StorageInfo } from '../../../src/core/lotus/rpc-values.ts';
import { newSectorStore } from '../../../src/core/lotus/storage-files.ts';

const copy = (number: number, phase: OnlyCopyBlocker['phase'] = 'finished'): OnlyCopyBlocker => ({
  blocker: 'only-copy',
  sector: { Miner: 1000, Number: number },
  files: ['sealed', 'cache'],
  paths: ['old'],
  state: 'Proving',
  phase,
  elapsedMs: 0,
});

/** A cluster with these stores, and a list of what happened. */
function cluster(stores: readonly Store[], running: () => boolean, refuses = '') {
  const told: string[] = [];
  const events: DrainEvent[] = [];
  const link: MoveLink = {
    storesFor: () => Promise.resolve(stores),
    fetch: (store, sector, files) => {
      told.push(`fetch ${sector.Number} ${files} to ${store.worker}`);
      if (refuses !== '') return Promise.reject(new Error(refuses));
      return Promise.resolve({ Sector: sector, ID: String(told.length) });
    },
    isRunning: () => Promise.resolve(running()),
  };
  const notify = (event: DrainEvent) => {
    events.push(event);
    if (event.event === 'file-move') told.push(`${event.outcome} ${event.sector}`);
  };
  return { told, events, advance: makeFileMover('host', link, notify) };
}

const two: Store[] = [
  { pathId: 'a', worker: 'red' },
  { pathId: 'b', worker: 'blue' },
];

const base = { event: 'file-move', host: 'host' };

describe('moving finished files away', () => {
  it('takes one sector after the other, and leaves alone what is still worked on', async () => {
    const { told, advance } = cluster(two, () => true);
    await advance([copy(1), copy(2, 'running'), copy(3)]);
    await advance([copy(1), copy(2, 'running'), copy(3)]);
    await advance([copy(2, 'running'), copy(3)]);
    await advance([copy(2, 'running')]);
    expect(told).toEqual([
      'fetch 1 6 to red',
      'started 1',
      'done 1',
      'fetch 3 6 to red',
      'started 3',
      'done 3',
    ]);
  });

  it('believes the index before the worker: a call that has ended may have moved the files', async () => {
    const { told, advance } = cluster(two, () => false);
    await advance([copy(1)]);
    await advance([copy(1)]);
    await advance([]);
    expect(told).toEqual(['fetch 1 6 to red', 'started 1', 'done 1']);
  });

  it('tries the next store after a failure, three times in all', async () => {
    const { told, advance } = cluster(two, () => false);
    for (let look = 0; look < 20; look += 1) await advance([copy(1)]);
    expect(told.filter((line) => line.startsWith('fetch'))).toEqual([
      'fetch 1 6 to red',
      'fetch 1 6 to blue',
      'fetch 1 6 to red',
    ]);
    expect(told.filter((line) => line === 'failed 1')).toHaveLength(3);
  });

  it('says once that nobody takes the files, and goes on with the next sector', async () => {
    const { events, advance } = cluster([], () => true);
    await advance([copy(1), copy(2)]);
    const why = 'no worker of another host has a long-term path that takes its files';
    const both = [1, 2].map((sector) => ({ ...base, sector, outcome: 'no-store', why }));
    expect(events).toEqual(both);
    await advance([copy(1), copy(2)]);
    expect(events).toEqual(both);
  });

  it('reports which worker takes the files, and why a move failed that the worker has ended', async () => {
    const { events, advance } = cluster(two, () => false);
    await advance([copy(1)]);
    await advance([copy(1)]);
    await advance([copy(1)]);
    await advance([]);
    expect(events).toEqual([
      { ...base, sector: 1, outcome: 'started', to: 'red' },
      { ...base, sector: 1, outcome: 'failed', to: 'red', why: 'the log of red says why' },
      { ...base, sector: 1, outcome: 'started', to: 'blue' },
      { ...base, sector: 1, outcome: 'done', to: 'blue' },
    ]);
  });

  it('reports a store that refuses, and goes on with the next sector until each was refused three times', async () => {
    const { told, events, advance } = cluster(two, () => true, 'no space left');
    for (let look = 0; look < 5; look += 1) await advance([copy(1), copy(2)]);
    expect(events[0]).toEqual({ ...base, sector: 1, outcome: 'failed', to: 'red', why: 'no space left' });
    expect(told.filter((line) => line.startsWith('fetch'))).toEqual([
      'fetch 1 6 to red',
      'fetch 2 6 to red',
      'fetch 1 6 to blue',
      'fetch 2 6 to blue',
      'fetch 1 6 to red',
      'fetch 2 6 to red',
    ]);
  });
});

describe('stores that may take files', () => {
  const path = (ID: string, changes: Partial<StorageInfo> = {}): StorageInfo => ({
    ID,
    URLs: [`http://${ID}`],
    ...newSectorStore,
    CanStore: true,
    ...changes,
  });
  const owner = (id: string) => (id === 'nobodys' ? undefined : `owner of ${id}`);

  it('are others’ long-term paths with a known owner, in the miner’s order', () => {
    const best = [path('b'), path('own'), path('nobodys'), path('sealing', { CanStore: false }), path('a')];
    expect(storesAmong(best, [path('own')], new Set(['own']), owner).map(({ pathId }) => pathId)).toEqual([
      'b',
      'a',
    ]);
  });

  it('are in a group that the source gives to, where it names any', () => {
    const best = [path('a', { Groups: ['x'] }), path('b', { Groups: ['y', 'z'] }), path('c')];
    const from = path('own', { AllowTo: ['w', 'z'] });
    expect(storesAmong(best, [from], new Set(['own']), owner)).toEqual([
      { pathId: 'b', worker: 'owner of b' },
    ]);
  });

  it('are in a group that every source gives to which names any', () => {
    const best = [
      path('x', { Groups: ['x'] }),
      path('y', { Groups: ['y'] }),
      path('z', { Groups: ['x', 'y'] }),
    ];
    const stores = (...allowed: (readonly string[] | null)[]) =>
      storesAmong(
        best,
        allowed.map((AllowTo) => ({ AllowTo })),
        new Set(),
        owner,
      ).map(({ pathId }) => pathId);
    expect(stores(['x'], ['y'])).toEqual(['z']);
    expect(stores(['x'], null, [])).toEqual(['x', 'z']);
    expect(stores(null, [])).toEqual(['x', 'y', 'z']);
  });
});
