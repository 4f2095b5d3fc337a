import { join } from 'node:path';
import type { Logger } from 'pino';
import { messageOf, ProblemError, type Problem } from '@sealctl/core/problem/problem';
import {
  fileMaskOf,
  sectorName,
  type SectorFileTypeName,
  type SectorId,
} from '@sealctl/core/lotus/sector-file';
import type { FsStat, StorageInfo, StoragePath } from '@sealctl/core/lotus/rpc-values';
import type { SectorStore } from '@sealctl/core/lotus/storage-files';
import { exists } from '../repo-files.ts';
import { changedId, duplicate, noFreeSpaceFor, unknownId, unknownPath } from './path-problems.ts';
import { makeReservations, type Reservations } from './reservations.ts';
import type { FreeSpaceMeter } from './free-space.ts';
import { scanStoragePath, type SectorFile } from './scan.ts';
import type { StorageIndexClient } from './storage-index.ts';
import { fetchingDirectory, isPartial, removePartial } from './partial-files.ts';
import { addToStorageList, readSectorStore, readStorageList, removeFromStorageList } from './store-file.ts';

/** Interval at which the health of each path is reported. Source: docs/spec/lotus.md section 8.8. */
const healthIntervalMs = 10_000;

/** The storage paths of one daemon: opened from its `storage.json`, declared to the index, and reported on. */
export interface LocalStorage {
  /**
   * Opens every path of `storage.json`; rejects with a problem for each that cannot be opened. After a failure to reach the index, another
   * call continues with the remaining paths.
   */
  readonly open: () => Promise<void>;
  /** Opens one more path and lists it in `storage.json`. */
  readonly attach: (path: string) => Promise<void>;
  /** Removes a path from `storage.json` and the index; the files stay. */
  readonly detach: (path: string) => Promise<void>;
  /** Removes every path from the index; `storage.json` stays. */
  readonly detachAll: () => Promise<void>;
  /**
   * Reads `sectorstore.json` again and declares path and sectors again, for one path or (null) all. With `dropMissing`, sectors that are in
   * the index but not on disk are removed from the index.
   */
  readonly redeclare: (id: string | null, dropMissing: boolean) => Promise<void>;
  readonly paths: () => StoragePath[];
  /** Current free space of one of these paths; undefined for an unknown ID. */
  readonly stat: (id: string) => Promise<FsStat | undefined>;
  /** Path of a sector's file or directory of one type; a partial one only on request. */
  readonly filesOf: (sector: SectorId, type: SectorFileTypeName, also?: 'partial') => Promise<LocalFile[]>;
  /** Path that a file of a sector has or would have on one storage path; undefined for an unknown ID. */
  readonly placeFor: (id: string, sector: SectorId, type: SectorFileTypeName) => LocalFile | undefined;
  /**
   * Reserves space on one path for files to be made, until the returned function is called. Rejects with the problem `no-free-space` when
   * there is less than they still need.
   */
  readonly reserve: (id: string, files: readonly FileNeed[]) => Promise<() => void>;
  /**
   * Deletes a sector's files of one type, each from the index first; `keep` names paths whose copies stay. Resolves with the number
   * deleted.
   */
  readonly remove: (sector: SectorId, type: SectorFileTypeName, keep: readonly string[]) => Promise<number>;
  /** Ends the health reports. */
  readonly close: () => void;
}

export interface LocalStorageOptions {
  readonly repo: string;
  /** URL under which these paths are served, such as `http://10.0.0.7:3456/remote`; called only once it is known. */
  readonly url: () => string;
  readonly index: StorageIndexClient;
  readonly freeSpace: FreeSpaceMeter;
  readonly log: Logger;
}

/** A sector's file or directory on a path of this daemon. */
export interface LocalFile {
  /** ID of the storage path. */
  readonly id: string;
  readonly file: string;
  /** Path of a partial download, on the same file system. */
  readonly staging: string;
  readonly store: SectorStore;
}

/** A file to be made, and its size. */
export interface FileNeed {
  readonly file: string;
  readonly bytes: number;
}

interface OpenPath {
  readonly path: string;
  readonly reservations: Reservations;
  store: SectorStore;
  /** The last health report did not arrive, or reported an error. */
  ailing: boolean;
}

/** Makes local storage in which no path is open yet. */
export function makeLocalStorage({ repo, url, index, freeSpace, log }: LocalStorageOptions): LocalStorage {
  const open = new Map<string, OpenPath>();
  /** The storage paths that the last `open` opened, with one entry for each listing of a path. */
  const opening: string[] = [];
  const timer = setInterval(() => void reportAll(), healthIntervalMs);
  timer.unref();

  async function openPath(path: string): Promise<void> {
    const store = await readSectorStore(path);
    const twin = open.get(store.ID);
    if (twin !== undefined) throw duplicate(store.ID, twin.path, path);
    const entry: OpenPath = { path, store, reservations: makeReservations(), ailing: false };
    open.set(store.ID, entry);
    try {
      // The index survives restarts: it must not offer files that were deleted while the path was not served.
      await declare(entry, true);
    } catch (error) {
      open.delete(store.ID);
      throw error;
    }
  }

  async function declare(entry: OpenPath, dropMissing: boolean): Promise<void> {
    const { path, store } = entry;
    const stat = await freeSpaceOf(entry);
    await index.attach(infoOf(store, url()), stat);
    // Attaching a path that is already in the index refreshes neither its free space nor its heartbeat.
    await index.reportHealth(store.ID, { Stat: stat, Err: '' });
    const scan = await scanStoragePath(path);
    if (scan.strange.length > 0)
      log.warn({ path, entries: scan.strange }, 'ignored entries that belong to no sector');
    if (dropMissing) await dropVanished(store.ID, scan.files);
    for (const { sector, type } of scan.files)
      await index.declareSector(store.ID, sector, fileMaskOf([type]), store.CanStore);
    log.info({ path, id: store.ID, sectorFiles: scan.files.length }, 'storage path declared');
  }

  /** Reserved space counts as used. */
  async function freeSpaceOf({ path, store, reservations }: OpenPath): Promise<FsStat> {
    const stat = await freeSpace.measure(path, store.MaxStorage);
    const Reserved = await reservations.outstanding();
    return { ...stat, Reserved, Available: Math.max(0, stat.Available - Reserved) };
  }

  function placeFor(id: string, sector: SectorId, type: SectorFileTypeName): LocalFile | undefined {
    const entry = open.get(id);
    if (entry === undefined) return undefined;
    const directory = join(entry.path, type);
    const name = sectorName(sector);
    const staging = join(directory, fetchingDirectory, name);
    return { id, file: join(directory, name), staging, store: entry.store };
  }

  async function filesOf(sector: SectorId, type: SectorFileTypeName, also?: 'partial'): Promise<LocalFile[]> {
    const there: LocalFile[] = [];
    for (const place of [...open.keys()].flatMap((id) => placeFor(id, sector, type) ?? []))
      if ((await exists(place.file)) && (also === 'partial' || !(await isPartial(place)))) there.push(place);
    return there;
  }

  async function dropVanished(id: string, files: readonly SectorFile[]): Promise<void> {
    const present = new Map<string, number>();
    for (const { sector, type } of files)
      present.set(sectorName(sector), (present.get(sectorName(sector)) ?? 0) | fileMaskOf([type]));
    for (const declared of (await index.list())[id] ?? []) {
      const sector: SectorId = { Miner: declared.Miner, Number: declared.Number };
      const lost = declared.SectorFileType & ~(present.get(sectorName(sector)) ?? 0);
      if (lost !== 0) await index.dropSector(id, sector, lost);
    }
  }

  async function redeclare(entry: OpenPath, dropMissing: boolean): Promise<void> {
    const store = await readSectorStore(entry.path);
    if (store.ID !== entry.store.ID) throw changedId(entry.path, entry.store.ID, store.ID);
    entry.store = store;
    await declare(entry, dropMissing);
  }

  async function reportAll(): Promise<void> {
    await Promise.all([...open.values()].map(report));
  }

  async function report(entry: OpenPath): Promise<void> {
    try {
      const health = await freeSpaceOf(entry).then(
        (stat) => ({ Stat: stat, Err: '' }),
        (error: unknown) => ({ Stat: noFreeSpace, Err: messageOf(error) }),
      );
      await index.reportHealth(entry.store.ID, health);
      if (health.Err !== '') throw new Error(health.Err);
      if (entry.ailing) log.info({ path: entry.path }, 'storage path is healthy again');
      entry.ailing = false;
    } catch (error) {
      if (!entry.ailing)
        log.warn({ path: entry.path, why: messageOf(error) }, 'cannot report the health of a storage path');
      entry.ailing = true;
    }
  }

  return {
    async open() {
      const listed = ((await readStorageList(repo)).StoragePaths ?? []).map(({ Path }) => Path);
      const opened = new Set(opening);
      opening.length = 0;
      await all(listed, async (path) => {
        if (!opened.delete(path)) await openPath(path);
        opening.push(path);
      });
    },
    async attach(path) {
      await openPath(path);
      await addToStorageList(repo, path);
    },
    async detach(path) {
      const entry = [...open.values()].find((candidate) => candidate.path === path);
      const listed = await removeFromStorageList(repo, path);
      const attached = [...open.values()].map((other) => other.path);
      if (entry === undefined && !listed) throw unknownPath(path, attached);
      if (entry === undefined) return;
      open.delete(entry.store.ID);
      await index.detach(entry.store.ID, url());
    },
    async detachAll() {
      await all([...open.keys()], async (id) => {
        open.delete(id);
        await index.detach(id, url());
      });
    },
    async redeclare(id, dropMissing) {
      const entries = id === null ? [...open.values()] : [open.get(id)];
      await all(entries, async (entry) => {
        if (entry === undefined) throw unknownId(id ?? '');
        await redeclare(entry, dropMissing);
      });
    },
    paths: () =>
      [...open.values()].map(({ path, store }) => ({
        ID: store.ID,
        Weight: store.Weight,
        LocalPath: path,
        CanSeal: store.CanSeal,
        CanStore: store.CanStore,
      })),
    async stat(id) {
      const entry = open.get(id);
      return entry && freeSpaceOf(entry);
    },
    filesOf,
    placeFor,
    async reserve(id, files) {
      const entry = open.get(id);
      if (entry === undefined) throw unknownId(id);
      const releases = files.map(({ file, bytes }) => entry.reservations.add(file, bytes));
      const release = (): void => releases.forEach((end) => end());
      try {
        // The reservation comes first: of two concurrent tasks at most one gets space for one.
        const { Capacity, Available, FSAvailable, Reserved, Max, Used } = await freeSpaceOf(entry);
        const left = Math.min(FSAvailable, Max > 0 ? Max - Used : Infinity) - Reserved;
        if (left < 0) throw noFreeSpaceFor(entry.path, -left, Capacity, Available);
        return release;
      } catch (error) {
        release();
        throw error;
      }
    },
    async remove(sector, type, keep) {
      const doomed = (await filesOf(sector, type, 'partial')).filter(({ id }) => !keep.includes(id));
      for (const { id, ...place } of doomed) {
        await index.dropSector(id, sector, fileMaskOf([type]));
        await removePartial(place);
        log.info({ sector: sectorName(sector), type, path: id }, 'sector file removed');
      }
      return doomed.length;
    },
    close: () => clearInterval(timer),
  };
}

const noFreeSpace: FsStat = { Capacity: 0, Available: 0, FSAvailable: 0, Reserved: 0, Max: 0, Used: 0 };

/** Converts a store's settings to the index's type. */
function infoOf(store: SectorStore, url: string): StorageInfo {
  const { unknown: _, ...known } = store;
  return { ...known, URLs: [url] };
}

/** Does the work for every item in sequence, then rejects with all problems; any other error ends it at once. */
async function all<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const problems: Problem[] = [];
  let cause: unknown;
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      cause = error;
      if (!(error instanceof ProblemError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ProblemError(problems, { cause });
}
