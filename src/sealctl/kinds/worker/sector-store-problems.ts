import type { DirectoryFact } from '../../host/probe/facts.ts';
import { sectorStoreFile, type SectorStore } from '@sealctl/core/lotus/storage-files';
import type { Problem } from '@sealctl/core/problem/problem';
import type { DiffContext, Resource } from '../../model/kind.ts';
import { filePath, type SectorStorePath } from './sector-store-fields.ts';

/** Why nothing may be done at the path as it is. */
export function directoryProblem(
  { host, desired: { storage } }: Resource<SectorStorePath>,
  directory: DirectoryFact | undefined,
): Problem | undefined {
  const where = { in: 'host', host, path: storage.path } as const;
  if (directory?.error !== undefined) {
    return {
      code: 'storage-unreadable',
      severity: 'error',
      summary: `storage path ${storage.path} cannot be read`,
      where,
      why: directory.error,
      fix: 'repair the file system or its mount; until then sealctl creates nothing there',
    };
  }
  if (directory !== undefined && directory.type !== 'directory' && directory.type !== 'absent') {
    return {
      code: 'storage-not-a-directory',
      severity: 'error',
      summary: `storage path ${storage.path} is not a directory`,
      where,
      why: `it is a ${directory.type === 'link' ? 'dangling symbolic link' : directory.type}`,
      fix: 'move it away, or correct the path in cluster.yaml',
    };
  }
  if (storage.mount && directory?.mountPoint !== true) {
    return {
      code: 'mount-missing',
      severity: 'error',
      summary: `nothing is mounted at ${storage.path}`,
      where,
      why: 'cluster.yaml says `mount: true`: a directory in its place would fill the disk below it and hide the sectors',
      fix: `mount the disk on the host, then plan again`,
    };
  }
  return undefined;
}

/** The file has no identity, or another than the one the path was given. */
export function identityProblem(
  { host, desired: { storage } }: Resource<SectorStorePath>,
  store: SectorStore,
  { owned }: DiffContext,
): Problem | undefined {
  const where = { in: 'host', host, path: filePath(storage) } as const;
  if (store.ID === '') {
    return {
      code: 'storage-id-missing',
      severity: 'error',
      summary: `${filePath(storage)} has no ID`,
      where,
      why: 'the miner identifies the path by this ID',
      fix: owned?.note === undefined ? 'put the ID back from a backup' : `put its ID back: ${owned.note}`,
    };
  }
  if (owned?.note === undefined || owned.note === store.ID) return undefined;
  return {
    code: 'storage-id-changed',
    severity: 'error',
    summary: `the ID of storage path ${storage.path} was changed on the host`,
    where,
    why: `it was ${owned.note} and is ${store.ID} now; the miner finds sectors by this ID, so sealctl changes neither`,
    fix: `put ${owned.note} back into the file; if another disk is mounted there on purpose, remove the path from cluster.yaml, apply, and add it again`,
  };
}

/** Sectors lie there that a new identity would orphan. */
export function foreignSectors(
  { host, desired: { storage } }: Resource<SectorStorePath>,
  directory: DirectoryFact | undefined,
): Problem {
  return {
    code: 'storage-foreign-data',
    severity: 'error',
    summary: `${storage.path} holds sector directories but no ${sectorStoreFile}`,
    where: { in: 'host', host, path: storage.path },
    why: `it has ${(directory?.sectorDirectories ?? []).join(', ')}: it was a storage path, and a new identity would orphan its sectors`,
    fix: `put its ${sectorStoreFile} back from a backup; if the data is not needed, move it away`,
  };
}

/** The file cannot be understood, so nothing may be written in its place. */
export function unreadable({ host, desired: { storage } }: Resource<SectorStorePath>, why: string): Problem {
  return {
    code: 'storage-file-broken',
    severity: 'error',
    summary: `${filePath(storage)} cannot be used`,
    where: { in: 'host', host, path: filePath(storage) },
    why,
    fix: 'repair the file by hand; sealctl does not replace it, because its ID is the identity of every sector there',
  };
}
