import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeLocalStorage, type LocalStorage } from '../../../../src/daemons/base/storage/local-storage.ts';
import { makeFreeSpaceMeter } from '../../../../src/daemons/base/storage/free-space.ts';
import { initSectorStore, writeStorageList } from '../../../../src/daemons/base/storage/store-file.ts';
import { formatSectorStore, parseSectorStore } from '../../../../src/core/lotus/storage-files.ts';
import { makeStorageIndex, type StorageIndex } from '../../../../src/daemons/miner/storage-index.ts';

let repo: string;
let index: StorageIndex;
let storage: LocalStorage;
let warnings: unknown[];

beforeEach(async () => {
  repo = await mkdtemp(join(tmpdir(), 'storage-'));
  await writeStorageList(repo, { StoragePaths: null });
  index = makeStorageIndex(Date.now, () => undefined);
  warnings = [];
  storage = open();
});

afterEach(async () => {
  storage.close();
  await rm(repo, { recursive: true });
});

function open(): LocalStorage {
  const { attach, detach, reportHealth, declareSector, dropSector, list } = index;
  return makeLocalStorage({
    repo,
    url: () => 'http://10.0.0.7:3456/remote',
    index: {
      attach: async (...params) => attach(...params),
      detach: async (...params) => detach(...params),
      reportHealth: async (...params) => reportHealth(...params),
      declareSector: async (...params) => declareSector(...params),
      dropSector: async (...params) => dropSector(...params),
      list: async () => list(),
    },
    freeSpace: makeFreeSpaceMeter(Date.now),
    log: pino({ level: 'warn' }, { write: (line) => warnings.push(JSON.parse(line)) }),
  });
}

async function newPath(name: string, settings = {}): Promise<{ path: string; id: string }> {
  const path = join(repo, name);
  const { ID } = await initSectorStore(path, { CanSeal: true, ...settings });
  return { path, id: ID };
}

async function edit(path: string, change: object): Promise<void> {
  const file = join(path, 'sectorstore.json');
  await writeFile(file, formatSectorStore({ ...parseSectorStore(await readFile(file, 'utf8')), ...change }));
}

const listed = async (): Promise<unknown> => JSON.parse(await readFile(join(repo, 'storage.json'), 'utf8'));

describe('attaching a storage path', () => {
  it('declares it with its sectors and lists it for the next start', async () => {
    const { path, id } = await newPath('seal', { Groups: ['g1'] });
    await mkdir(join(path, 'cache/s-t01000-7'), { recursive: true });
    await mkdir(join(path, 'sealed/fetching'), { recursive: true });
    await writeFile(join(path, 'sealed/s-t01000-7'), '');
    await storage.attach(path);
    expect(index.list()).toEqual({ [id]: [{ Miner: 1000, Number: 7, SectorFileType: 6 }] });
    expect(index.info(id)).toMatchObject({ Groups: ['g1'], URLs: ['http://10.0.0.7:3456/remote'] });
    expect(index.findSector({ Miner: 1000, Number: 7 }, 2, 2048, false)[0]?.Primary).toBe(false);
    expect(await listed()).toEqual({ StoragePaths: [{ Path: path }] });
    expect(storage.paths()).toMatchObject([{ ID: id, LocalPath: path, CanSeal: true }]);
  });

  it('declares what lies in a long-term path as primary', async () => {
    const { path } = await newPath('store', { CanSeal: false, CanStore: true });
    await mkdir(join(path, 'sealed'));
    await writeFile(join(path, 'sealed/s-t01000-7'), '');
    await storage.attach(path);
    expect(index.findSector({ Miner: 1000, Number: 7 }, 2, 2048, false)[0]?.Primary).toBe(true);
  });

  it('leaves files alone that belong to no sector, copies with an ending included, and tells', async () => {
    const { path, id } = await newPath('seal');
    await mkdir(join(path, 'sealed'));
    await writeFile(join(path, 'sealed/s-t01000-17.bak'), '');
    await writeFile(join(path, 'sealed/notes.txt'), '');
    await storage.attach(path);
    expect(index.list()).toEqual({ [id]: [] });
    expect(warnings).toMatchObject([
      { entries: expect.arrayContaining(['sealed/s-t01000-17.bak', 'sealed/notes.txt']) },
    ]);
  });

  it('refuses a second path with the same ID and does not list it', async () => {
    const { path, id } = await newPath('seal');
    await storage.attach(path);
    const copy = join(repo, 'copy');
    await mkdir(copy);
    await writeFile(join(copy, 'sectorstore.json'), await readFile(join(path, 'sectorstore.json')));
    await expect(storage.attach(copy)).rejects.toThrow(`${path} and ${copy} have the same ID ${id}`);
    await expect(storage.attach(path)).rejects.toThrow('is already open');
    expect(await listed()).toEqual({ StoragePaths: [{ Path: path }] });
  });

  it('never makes a storage path of one that is one already', async () => {
    const { path } = await newPath('seal');
    await expect(initSectorStore(path, {})).rejects.toThrow('is already a storage path');
  });
});

describe('opening the listed paths', () => {
  it('declares what lies there, and takes out of the index what vanished while nobody served them', async () => {
    const { path, id } = await newPath('seal');
    await mkdir(join(path, 'sealed'));
    for (const number of [7, 8]) await writeFile(join(path, `sealed/s-t01000-${number}`), '');
    await storage.attach(path);
    storage.close();
    await rm(join(path, 'sealed/s-t01000-7'));
    storage = open();
    await storage.open();
    expect(index.list()).toEqual({ [id]: [{ Miner: 1000, Number: 8, SectorFileType: 2 }] });
  });

  it('opens all, and names every one that cannot be opened', async () => {
    const { path } = await newPath('seal');
    const unmounted = join(repo, 'unmounted');
    const broken = join(repo, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'sectorstore.json'), '{"Weight":"heavy"}');
    await writeStorageList(repo, { StoragePaths: [{ Path: path }, { Path: unmounted }, { Path: broken }] });
    await expect(storage.open()).rejects.toThrow(
      `cannot open the storage path ${unmounted}\ncannot open the storage path ${broken}`,
    );
  });
});

describe('redeclaring', () => {
  it('takes over edited settings, and drops sectors whose files are gone only when asked', async () => {
    const { path, id } = await newPath('seal');
    await mkdir(join(path, 'sealed'));
    await writeFile(join(path, 'sealed/s-t01000-7'), '');
    await storage.attach(path);
    await edit(path, { Weight: 99, MaxStorage: 2 ** 30, AllowTo: ['g2'] });
    await rm(join(path, 'sealed/s-t01000-7'));
    await storage.redeclare(null, false);
    expect(index.info(id)).toMatchObject({ Weight: 99, AllowTo: ['g2'] });
    expect(index.list()[id]).toHaveLength(1);
    expect(await storage.stat(id)).toMatchObject({ Max: 2 ** 30 });
    await storage.redeclare(id, true);
    expect(index.list()[id]).toHaveLength(0);
  });

  it('refuses a changed ID and an unknown one', async () => {
    const { path, id } = await newPath('seal');
    await storage.attach(path);
    await edit(path, { ID: 'another' });
    await expect(storage.redeclare(id, true)).rejects.toThrow(`changed from ${id} to another`);
    await expect(storage.redeclare('nowhere', true)).rejects.toThrow('no storage path with the ID nowhere');
  });
});

describe('detaching', () => {
  it('takes the path from list and index and keeps its files', async () => {
    const { path } = await newPath('seal');
    await storage.attach(path);
    await storage.detach(path);
    expect(index.list()).toEqual({});
    expect(await listed()).toEqual({ StoragePaths: null });
    expect(parseSectorStore(await readFile(join(path, 'sectorstore.json'), 'utf8')).CanSeal).toBe(true);
    await expect(storage.detach(path)).rejects.toThrow('is not a storage path of this daemon');
  });

  it('detaching all paths at once leaves the list as it is', async () => {
    const { path } = await newPath('seal');
    await storage.attach(path);
    await storage.detachAll();
    expect(index.list()).toEqual({});
    expect(await listed()).toEqual({ StoragePaths: [{ Path: path }] });
  });
});

describe('the free space of a path', () => {
  it('is that of its file system, capped by its own limit less what lies in it', async () => {
    const { path, id } = await newPath('seal', { MaxStorage: 2 ** 20 });
    await mkdir(join(path, 'sealed'));
    await writeFile(join(path, 'sealed/s-t01000-7'), Buffer.alloc(2 ** 19));
    await storage.attach(path);
    const stat = await storage.stat(id);
    expect(stat?.Used).toBeGreaterThanOrEqual(2 ** 19);
    expect(stat?.Available).toBe(2 ** 20 - (stat?.Used ?? 0));
    expect(stat?.FSAvailable).toBeGreaterThan(2 ** 20);
    expect(await storage.stat('nowhere')).toBeUndefined();
  });
});
