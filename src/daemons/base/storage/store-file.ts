import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import {
  formatSectorStore,
  formatStorageList,
  newSectorStore,
  parseSectorStore,
  parseStorageList,
  sectorStoreFile,
  storageListFile,
  type SectorStore,
  type StorageList,
} from '@sealctl/core/lotus/storage-files';
import { exists, writeWhole } from '../repo-files.ts';

/** Reads `sectorstore.json` of a storage path; rejects with a problem of the path. */
export async function readSectorStore(path: string): Promise<SectorStore> {
  const file = join(path, sectorStoreFile);
  try {
    const store = parseSectorStore(await readFile(file, 'utf8'));
    if (store.ID === '') throw new Error('it has no ID');
    return store;
  } catch (error) {
    throw fail(
      {
        code: 'storage-path-unreadable',
        summary: `cannot open the storage path ${path}`,
        where: { in: 'host', host: 'this host', path: file },
        why: messageOf(error),
        fix: `mount the disk, or make ${path} a storage path with 'storage attach --init', or remove it from storage.json`,
      },
      { cause: error },
    );
  }
}

/** Makes a directory a storage path with a new ID; rejects when it is one already. */
export async function initSectorStore(
  path: string,
  settings: Partial<Omit<SectorStore, 'ID'>>,
): Promise<SectorStore> {
  const file = join(path, sectorStoreFile);
  await mkdir(path, { recursive: true, mode: 0o755 });
  if (await exists(file))
    throw fail({
      code: 'storage-path-exists',
      summary: `${path} is already a storage path`,
      where: { in: 'host', host: 'this host', path: file },
      fix: 'attach it without --init; to change it, edit the file and run `storage redeclare`',
    });
  const store: SectorStore = { ID: randomUUID(), ...newSectorStore, ...settings };
  await writeWhole(file, formatSectorStore(store), 0o644);
  return store;
}

/** Reads `storage.json` of a repo; rejects with a problem when it is missing or broken. */
export async function readStorageList(repo: string): Promise<StorageList> {
  const file = join(repo, storageListFile);
  try {
    return parseStorageList(await readFile(file, 'utf8'));
  } catch (error) {
    throw fail(
      {
        code: 'storage-list-unreadable',
        summary: `cannot read the list of storage paths ${file}`,
        why: messageOf(error),
        fix: `if this repo has no storage paths, write {"StoragePaths": null} to the file`,
      },
      { cause: error },
    );
  }
}

/** Writes `storage.json`. */
export async function writeStorageList(repo: string, list: StorageList): Promise<void> {
  await writeWhole(join(repo, storageListFile), formatStorageList(list), 0o644);
}

/** Adds a path to `storage.json` unless it is listed. */
export async function addToStorageList(repo: string, path: string): Promise<void> {
  const list = await readStorageList(repo);
  if (list.StoragePaths?.some((entry) => entry.Path === path) === true) return;
  await writeStorageList(repo, { ...list, StoragePaths: [...(list.StoragePaths ?? []), { Path: path }] });
}

/** Removes a path from `storage.json`; false when it is not listed. */
export async function removeFromStorageList(repo: string, path: string): Promise<boolean> {
  const list = await readStorageList(repo);
  const left = list.StoragePaths?.filter((entry) => entry.Path !== path) ?? [];
  if (left.length === (list.StoragePaths?.length ?? 0)) return false;
  await writeStorageList(repo, { ...list, StoragePaths: left.length === 0 ? null : left });
  return true;
}
