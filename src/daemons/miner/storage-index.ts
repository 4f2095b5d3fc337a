import {
  fileMaskOf,
  fileTypesIn,
  admittedFileTypes,
  isSectorFileType,
  sectorFileSpace,
  sectorName,
} from '@sealctl/core/lotus/sector-file';
import type { SectorFileMask, SectorId } from '@sealctl/core/lotus/sector-file';
import type {
  FsStat,
  HealthReport,
  PathType,
  SectorDeclaration,
  SectorStorageInfo,
  StorageInfo,
} from '@sealctl/core/lotus/rpc-values';
import { makeFileIndex, type FileLocation } from './file-index.ts';
import type { IndexStore } from './store/index-store.ts';
import { admitsMiner, ailmentOf, groupsAllowed, inGroups, type PathState } from './storage-rules.ts';

/**
 * The index of all storage paths: their URLs, files and health. With a store, paths and files survive a restart. Health does not, so a
 * stored path gets no new files before its first health report. Rules: docs/spec/lotus.md section 10.3. The message of an exception is the
 * response to the caller.
 */
export interface StorageIndex {
  /**
   * Adds a path. For a known path it adds the URLs (several hosts can expose one path) and replaces the settings; space and heartbeat stay.
   */
  readonly attach: (info: StorageInfo, stat: FsStat) => void;
  /** Removes a URL; with the last one it removes the path and all its declarations. */
  readonly detach: (id: string, url: string) => void;
  readonly reportHealth: (id: string, report: HealthReport) => void;
  readonly declareSector: (id: string, sector: SectorId, files: SectorFileMask, primary: boolean) => void;
  readonly dropSector: (id: string, sector: SectorId, files: SectorFileMask) => void;
  readonly info: (id: string) => StorageInfo;
  /** Every path with its state, by ID; the map is live. */
  readonly paths: () => ReadonlyMap<string, PathState>;
  /** By `sectorName`: the paths that hold files of the sector, with the kinds of file; the map is live. */
  readonly holders: () => ReadonlyMap<string, readonly FileLocation[]>;
  /** Sectors by path ID. */
  readonly list: () => Record<string, SectorDeclaration[]>;
  /** The paths that hold any of the files; with `allowFetch` also the sealing paths that may fetch them. */
  readonly findSector: (
    sector: SectorId,
    files: SectorFileMask,
    sectorBytes: number,
    allowFetch: boolean,
  ) => SectorStorageInfo[];
  /** Paths with space for all the files, best first. Throws when there is none. */
  readonly bestAlloc: (
    files: SectorFileMask,
    sectorBytes: number,
    use: PathType,
    miner: number,
  ) => StorageInfo[];
}

interface IndexedPath {
  info: StorageInfo;
  stat: FsStat;
  /** Time of the last health report, or of the first attach. */
  heardAt: number;
  ailment: string;
  /** By sector name, then by file type: whether this copy is primary. */
  readonly sectors: Map<string, { readonly sector: SectorId; readonly files: Map<number, boolean> }>;
}

/**
 * Makes the index that `store` has saved, or an empty one. `now` is a clock in milliseconds. `warn` is called for settings that cannot be
 * applied, `changed` for every change that may let a task run.
 */
export function makeStorageIndex(
  now: () => number,
  warn: (message: string) => void,
  store: IndexStore = forgetful,
  changed: () => void = () => undefined,
): StorageIndex {
  const paths = new Map<string, IndexedPath>();
  const fileIndex = makeFileIndex();
  for (const { info, stat, files } of store.load()) {
    const sectors: IndexedPath['sectors'] = new Map();
    for (const { sector, type, primary } of files) {
      const entry = sectors.get(sectorName(sector)) ?? { sector, files: new Map<number, boolean>() };
      sectors.set(sectorName(sector), entry);
      entry.files.set(type, primary);
    }
    paths.set(info.ID, { info, stat, heardAt: -Infinity, ailment: '', sectors });
    for (const [name, entry] of sectors) fileIndex.set(name, info.ID, sumOf(entry.files.keys()));
  }

  function known(id: string): IndexedPath {
    const path = paths.get(id);
    if (path === undefined) throw new Error(`no storage path with the ID ${id} is attached`);
    return path;
  }

  function targets(files: SectorFileMask, sectorBytes: number, use: PathType, miner: number): IndexedPath[] {
    const stage = use === 'sealing' ? 'sealing' : 'finalized';
    const space = sectorFileSpace(files, sectorBytes, stage);
    return [...paths.values()].filter(
      (path) =>
        (use === 'sealing' ? path.info.CanSeal : path.info.CanStore) &&
        admitsMiner(path.info, miner, warn) &&
        path.stat.Available >= space &&
        ailmentOf(path, now()) === undefined,
    );
  }

  return {
    attach(info, stat) {
      const cleaned = withKnownTypes(info, warn);
      const path = paths.get(info.ID);
      if (path === undefined) {
        paths.set(info.ID, { info: cleaned, stat, heardAt: now(), ailment: '', sectors: new Map() });
        store.savePath(cleaned, stat);
        return changed();
      }
      const urls = new Set([...(path.info.URLs ?? []), ...(cleaned.URLs ?? [])]);
      path.info = { ...cleaned, URLs: [...urls] };
      store.savePath(path.info, path.stat);
      changed();
    },
    detach(id, url) {
      const path = known(id);
      const left = (path.info.URLs ?? []).filter((candidate) => candidate !== url);
      if (left.length === (path.info.URLs ?? []).length)
        throw new Error(`storage path ${id} is not served at ${url}`);
      if (left.length === 0) {
        paths.delete(id);
        for (const name of path.sectors.keys()) fileIndex.set(name, id, 0);
        store.dropPath(id);
      } else {
        path.info = { ...path.info, URLs: left };
        store.savePath(path.info, path.stat);
      }
      changed();
    },
    reportHealth(id, { Stat, Err }) {
      const path = known(id);
      const before = { away: ailmentOf(path, now()) !== undefined, free: path.stat.Available };
      path.stat = Stat;
      path.ailment = Err;
      path.heardAt = now();
      const away = Err !== '';
      if (before.away !== away || Stat.Available > before.free) changed();
    },
    declareSector(id, sector, files, primary) {
      const { sectors } = known(id);
      const entry = sectors.get(sectorName(sector)) ?? { sector, files: new Map<number, boolean>() };
      sectors.set(sectorName(sector), entry);
      const before = sumOf(entry.files.keys());
      for (const bit of bitsOf(files)) {
        const known = entry.files.get(bit);
        const isPrimary = primary || known === true;
        if (known === isPrimary) continue;
        entry.files.set(bit, isPrimary);
        store.saveFile(id, sector, bit, isPrimary);
      }
      const held = sumOf(entry.files.keys());
      if (held === before) return;
      fileIndex.set(sectorName(sector), id, held);
      changed();
    },
    dropSector(id, sector, files) {
      const { sectors } = known(id);
      const entry = sectors.get(sectorName(sector));
      if (entry === undefined) return;
      for (const bit of bitsOf(files)) if (entry.files.delete(bit)) store.dropFile(id, sector, bit);
      if (entry.files.size === 0) sectors.delete(sectorName(sector));
      fileIndex.set(sectorName(sector), id, sumOf(entry.files.keys()));
    },
    info: (id) => known(id).info,
    paths: () => paths,
    holders: () => fileIndex.bySector,
    list: () =>
      Object.fromEntries(
        [...paths].map(([id, path]) => [
          id,
          [...path.sectors.values()].map(({ sector, files }) => ({
            Miner: sector.Miner,
            Number: sector.Number,
            SectorFileType: sumOf(files.keys()),
          })),
        ]),
      ),
    findSector(sector, files, sectorBytes, allowFetch) {
      const holders = [...paths.values()].flatMap((path) => {
        const held = path.sectors.get(sectorName(sector))?.files;
        const bits = bitsOf(files).filter((bit) => held?.has(bit) === true);
        return bits.length === 0
          ? []
          : [{ path, bits, primary: bits.some((bit) => held?.get(bit) === true) }];
      });
      const found = holders.map(({ path, bits, primary }) =>
        placeOf(path, sector, files, path.info.Weight * bits.length, primary),
      );
      if (!allowFetch) return found;
      if (holders.length === 0) return found;
      const holding = new Set(holders.map(({ path }) => path));
      const allowed = groupsAllowed([...holding].map((path) => path.info));
      const fetchers = targets(files, sectorBytes, 'sealing', sector.Miner).filter(
        (path) =>
          !holding.has(path) &&
          (admittedFileTypes(path.info.AllowTypes, path.info.DenyTypes) & files) !== 0 &&
          inGroups(path.info, allowed),
      );
      return [...found, ...fetchers.map((path) => placeOf(path, sector, files, 0, false))];
    },
    bestAlloc(files, sectorBytes, use, miner) {
      const best = targets(files, sectorBytes, use, miner)
        .map((path) => ({ info: path.info, rank: path.stat.Available * path.info.Weight }))
        .sort((a, b) => b.rank - a.rank);
      if (best.length === 0) throw new Error('no good path found');
      return best.map(({ info }) => info);
    },
  };
}

/** The store of an index that is only in memory. */
const forgetful: IndexStore = {
  load: () => [],
  savePath: () => undefined,
  dropPath: () => undefined,
  saveFile: () => undefined,
  dropFile: () => undefined,
};

function withKnownTypes(info: StorageInfo, warn: (message: string) => void): StorageInfo {
  const keep = (field: 'AllowTypes' | 'DenyTypes'): readonly string[] | null => {
    const words = info[field];
    if (words === null) return null;
    for (const word of words)
      if (!isSectorFileType(word))
        warn(`storage path ${info.ID}: ${field} has the unknown file type '${word}'`);
    return words.filter(isSectorFileType);
  };
  return { ...info, AllowTypes: keep('AllowTypes'), DenyTypes: keep('DenyTypes') };
}

function placeOf(
  { info }: IndexedPath,
  sector: SectorId,
  files: SectorFileMask,
  weight: number,
  primary: boolean,
): SectorStorageInfo {
  const types = fileTypesIn(files);
  const segment = types.length === 1 ? (types[0] ?? '') : types.join('-');
  return {
    ID: info.ID,
    URLs: (info.URLs ?? []).map((url) => `${url}/${segment}/${sectorName(sector)}`),
    BaseURLs: info.URLs,
    Weight: weight,
    CanSeal: info.CanSeal,
    CanStore: info.CanStore,
    Primary: primary,
    AllowTypes: info.AllowTypes,
    DenyTypes: info.DenyTypes,
    AllowMiners: info.AllowMiners,
    DenyMiners: info.DenyMiners,
  };
}

function bitsOf(files: SectorFileMask): number[] {
  return fileTypesIn(files).map((type) => fileMaskOf([type]));
}

function sumOf(bits: Iterable<number>): SectorFileMask {
  let mask = 0;
  for (const bit of bits) mask |= bit;
  return mask;
}
