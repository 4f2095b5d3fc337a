import { beforeEach, describe, expect, it } from 'vitest';
import type { FsStat, StorageInfo } from '../../../src/core/lotus/rpc-values.ts';
import { makeStorageIndex, type StorageIndex } from '../../../src/daemons/miner/storage-index.ts';
import { staleAfterMs } from '../../../src/daemons/miner/storage-rules.ts';
import { newSectorStore } from '../../../src/core/lotus/storage-files.ts';

const size = 2 ** 35;
const sector = { Miner: 1000, Number: 42 };
const cacheAndSealed = 6;
const big: FsStat = {
  Capacity: 2 ** 43,
  Available: 2 ** 42,
  FSAvailable: 2 ** 42,
  Reserved: 0,
  Max: 0,
  Used: 0,
};

let time = 0;
let warnings: string[] = [];
let index: StorageIndex;

beforeEach(() => {
  time = 0;
  warnings = [];
  index = makeStorageIndex(
    () => time,
    (message) => warnings.push(message),
  );
});

function path(ID: string, settings: Partial<StorageInfo> = {}): StorageInfo {
  return {
    ID,
    URLs: [`http://${ID}:3456/remote`],
    ...newSectorStore,
    CanSeal: true,
    ...settings,
  };
}

const fetchers = (): string[] =>
  index
    .findSector(sector, cacheAndSealed, size, true)
    .filter((place) => place.Weight === 0)
    .map((place) => place.ID);
const best = (use: 'sealing' | 'storage' = 'sealing', miner = 1000): string[] =>
  index.bestAlloc(cacheAndSealed, size, use, miner).map((info) => info.ID);

describe('attaching', () => {
  it('a known path adds its URL and replaces its settings', () => {
    index.attach(path('shared', { Weight: 10 }), big);
    index.attach(path('shared', { Weight: 20, URLs: ['http://b:3456/remote'] }), big);
    expect(index.info('shared')).toMatchObject({
      Weight: 20,
      URLs: ['http://shared:3456/remote', 'http://b:3456/remote'],
    });
  });

  it('drops unknown file types and says so', () => {
    index.attach(path('a', { AllowTypes: ['sealed', 'seald'] }), big);
    expect(index.info('a').AllowTypes).toEqual(['sealed']);
    expect(warnings).toEqual(["storage path a: AllowTypes has the unknown file type 'seald'"]);
  });

  it('ends with the last URL, and takes the declarations along', () => {
    index.attach(path('a'), big);
    index.attach(path('a', { URLs: ['http://b:1/remote'] }), big);
    index.declareSector('a', sector, cacheAndSealed, false);
    expect(() => index.detach('a', 'http://elsewhere/remote')).toThrow('not served at');
    index.detach('a', 'http://b:1/remote');
    expect(index.list()).toEqual({ a: [{ ...sector, SectorFileType: 6 }] });
    index.detach('a', 'http://a:3456/remote');
    expect(index.list()).toEqual({});
    expect(() => index.info('a')).toThrow('no storage path with the ID a');
  });
});

describe('declaring', () => {
  it('raises a copy to primary and never lowers it', () => {
    index.attach(path('a'), big);
    index.declareSector('a', sector, 2, true);
    index.declareSector('a', sector, 2, false);
    expect(index.findSector(sector, 2, size, false)[0]?.Primary).toBe(true);
  });

  it('is undone file by file', () => {
    index.attach(path('a'), big);
    index.declareSector('a', sector, cacheAndSealed, false);
    index.dropSector('a', sector, 4);
    expect(index.list()).toEqual({ a: [{ ...sector, SectorFileType: 2 }] });
    index.dropSector('a', sector, 2);
    expect(index.list()).toEqual({ a: [] });
  });

  it('on a path that is not attached is an error', () => {
    expect(() => index.declareSector('nowhere', sector, 2, false)).toThrow('nowhere');
    expect(() => index.reportHealth('nowhere', { Stat: big, Err: '' })).toThrow('nowhere');
  });
});

describe('the holders of every sector', () => {
  it('follow what is declared and dropped, and the paths that go', () => {
    index.attach(path('a'), big);
    index.attach(path('b'), big);
    index.declareSector('a', sector, 2, true);
    index.declareSector('b', sector, 6, false);
    index.declareSector('a', sector, 4, true);
    const held = () => index.holders().get('s-t01000-42') ?? [];
    expect(held()).toEqual([
      { path: 'b', files: 6 },
      { path: 'a', files: 6 },
    ]);
    index.dropSector('b', sector, 2);
    index.detach('a', index.info('a').URLs?.[0] ?? '');
    expect(held()).toEqual([{ path: 'b', files: 4 }]);
    index.dropSector('b', sector, 4);
    expect(index.holders().size).toBe(0);
  });
});

describe('word that a task may be able to run', () => {
  it('is given only when something came that a decision depends on', () => {
    let words = 0;
    const heard = makeStorageIndex(
      () => time,
      () => undefined,
      undefined,
      () => (words += 1),
    );
    const wordsFor = (change: () => void): number => {
      const before = words;
      change();
      return words - before;
    };
    heard.attach(path('a'), big);
    const report = (Available: number, Err = ''): (() => void) => {
      return () => heard.reportHealth('a', { Stat: { ...big, Available }, Err });
    };
    expect(wordsFor(report(big.Available))).toBe(0);
    expect(wordsFor(report(big.Available - 1))).toBe(0);
    expect(wordsFor(report(big.Available))).toBe(1);
    expect(wordsFor(report(big.Available, 'gone'))).toBe(1);
    expect(wordsFor(report(big.Available))).toBe(1);
    time += staleAfterMs + 1;
    expect(wordsFor(report(big.Available))).toBe(1);
    const declare = (): void => heard.declareSector('a', sector, 2, true);
    expect(wordsFor(declare)).toBe(1);
    expect(wordsFor(declare)).toBe(0);
  });
});

describe('finding a sector', () => {
  it('names holders of any of the files, weighted by how many they have, with URLs per type', () => {
    index.attach(path('a'), big);
    index.attach(path('b', { CanStore: true }), big);
    index.declareSector('a', sector, cacheAndSealed, false);
    index.declareSector('b', sector, 2, true);
    expect(index.findSector(sector, cacheAndSealed, size, false)).toMatchObject([
      { ID: 'a', Weight: 20, Primary: false },
      { ID: 'b', Weight: 10, Primary: true },
    ]);
    expect(index.findSector(sector, 2, size, false)[1]?.URLs).toEqual([
      'http://b:3456/remote/sealed/s-t01000-42',
    ]);
  });

  it('offers every sealing path as fetch target when one holder has no AllowTo', () => {
    index.attach(path('a', { AllowTo: ['g1'] }), big);
    index.attach(path('b'), big);
    index.attach(path('c'), big);
    index.declareSector('a', sector, 4, false);
    index.declareSector('b', sector, 2, false);
    expect(fetchers()).toEqual(['c']);
  });

  it('otherwise only paths in a group that a holder allows', () => {
    index.attach(path('a', { AllowTo: ['g1'] }), big);
    index.attach(path('b', { AllowTo: ['g2'] }), big);
    index.attach(path('in-g2', { Groups: ['g2', 'g9'] }), big);
    index.attach(path('in-g3', { Groups: ['g3'] }), big);
    index.attach(path('ungrouped'), big);
    index.declareSector('a', sector, 4, false);
    index.declareSector('b', sector, 2, false);
    expect(fetchers()).toEqual(['in-g2']);
  });

  it('offers no target for what is held nowhere', () => {
    index.attach(path('a'), big);
    expect(index.findSector(sector, cacheAndSealed, size, true)).toEqual([]);
  });

  it('leaves out targets that may not hold any of the types', () => {
    index.attach(path('a'), big);
    index.attach(path('b', { AllowTypes: ['unsealed'] }), big);
    index.attach(path('c', { DenyTypes: ['cache'] }), big);
    index.declareSector('a', sector, cacheAndSealed, false);
    expect(fetchers()).toEqual(['c']);
  });
});

describe('choosing where to put files', () => {
  it('ranks by available bytes times weight; weight 0 comes last and stays in', () => {
    index.attach(path('small'), { ...big, Available: 2 ** 41 });
    index.attach(path('zero', { Weight: 0 }), big);
    index.attach(path('heavy', { Weight: 30 }), { ...big, Available: 2 ** 41 });
    index.attach(path('large'), big);
    expect(best()).toEqual(['heavy', 'large', 'small', 'zero']);
  });

  it('asks for space for all files at once: 483.2 GiB for the cache and sealed file of 32 GiB', () => {
    index.attach(path('exact'), { ...big, Available: 518832049356 });
    index.attach(path('short'), { ...big, Available: 518832049355 });
    expect(best()).toEqual(['exact']);
  });

  it('leaves out paths of the other use, stale paths and ailing paths', () => {
    index.attach(path('store', { CanSeal: false, CanStore: true }), big);
    expect(best('storage')).toEqual(['store']);
    expect(() => best()).toThrow('no good path found');
    index.attach(path('seal'), big);
    time = staleAfterMs;
    expect(best()).toEqual(['seal']);
    time += 1;
    expect(() => best()).toThrow('no good path found');
    index.reportHealth('seal', { Stat: big, Err: '' });
    expect(best()).toEqual(['seal']);
    index.reportHealth('seal', { Stat: big, Err: 'I/O error' });
    expect(() => best()).toThrow('no good path found');
  });

  it('follows allowed and denied miners; an unreadable address harms nobody else', () => {
    index.attach(path('only', { AllowMiners: ['f01000'] }), big);
    index.attach(path('not', { DenyMiners: ['t01000'] }), { ...big, Available: 2 ** 41 });
    index.attach(path('odd', { AllowMiners: ['f0x'] }), big);
    expect(best('sealing', 1000)).toEqual(['only']);
    expect(best('sealing', 2000)).toEqual(['not']);
    expect(warnings).toContain("storage path odd: 'f0x' is not an actor address such as f01000");
  });
});
