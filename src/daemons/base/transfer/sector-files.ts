import { messageOf, ProblemError } from '@sealctl/core/problem/problem';
import type { PathType } from '@sealctl/core/lotus/rpc-values';
import {
  admittedFileTypes,
  fileMaskOf,
  sectorFileSpace,
  sectorName,
  type SectorFileTypeName,
  type SectorId,
} from '@sealctl/core/lotus/sector-file';
import { unknownId } from '../storage/path-problems.ts';
import type { LocalFile, LocalStorage } from '../storage/local-storage.ts';
import type { SectorIndex } from '../storage/storage-index.ts';
import { markComplete, markPartial, removePartial, type PartialFileMaker } from '../storage/partial-files.ts';
import { missing, noFreeSpace } from './file-problems.ts';
import { makeLimit } from '@sealctl/core/async/limit';
import { makePeers, type PeersOptions } from './peers.ts';

/** A sector and its size in bytes. */
export interface SizedSector {
  readonly sector: SectorId;
  readonly sectorBytes: number;
}

/** Whether a fetched file's source keeps its copy. */
export type AcquireMode = 'move' | 'copy';

/** Sector files on this daemon's own paths, held for one task. */
export interface HeldFiles {
  readonly file: (type: SectorFileTypeName) => string;
  /** Declares new files to the index. */
  readonly declare: (types: readonly SectorFileTypeName[]) => Promise<void>;
  /** Marks files as partial before they are made: nothing else may use them until they are declared. */
  readonly begin: (types: readonly SectorFileTypeName[], maker: PartialFileMaker) => Promise<void>;
  /** Declares partial files as the only copies: files of these names on other hosts are from an earlier attempt and are deleted. */
  readonly declareAsOnly: (types: readonly SectorFileTypeName[]) => Promise<void>;
  /** Removes partial files. */
  readonly discard: (types: readonly SectorFileTypeName[]) => Promise<void>;
  /** Releases the reserved space. */
  readonly release: () => void;
}

export interface AcquireRequest extends SizedSector {
  /** Files that must be on this daemon's paths; missing ones are fetched. */
  readonly existing: readonly SectorFileTypeName[];
  /** Files to be made. Files left by an earlier attempt keep their place. */
  readonly allocate?: readonly SectorFileTypeName[];
  readonly use: PathType;
  readonly mode: AcquireMode;
  readonly signal: AbortSignal;
}

/** Fetches sector files to this daemon, and finds places for new ones. */
export interface SectorFiles {
  /**
   * Rejects with the problem `no-free-space` where no path of this daemon can take the files, `sector-file-missing` where no path of the
   * cluster has one.
   */
  readonly acquire: (request: AcquireRequest) => Promise<HeldFiles>;
  /** Path of a new file of one type; `release` frees the space reserved for it. */
  readonly place: (
    sized: SizedSector,
    type: SectorFileTypeName,
    use: PathType,
  ) => Promise<{ readonly place: LocalFile; readonly release: () => void }>;
  /** Deletes this daemon's copies of a sector's files except primary ones. A file without a primary copy in the cluster stays. */
  readonly dropCopies: (sized: SizedSector, types: readonly SectorFileTypeName[]) => Promise<void>;
  /** Deletes a sector's copies of one type on every path except `keep`. A copy that cannot be reached stays, with a warning. */
  readonly removeOthers: (sized: SizedSector, type: SectorFileTypeName, keep: string) => Promise<void>;
}

export interface SectorFilesOptions extends PeersOptions {
  readonly storage: LocalStorage;
  readonly index: SectorIndex;
}

export function makeSectorFiles(options: SectorFilesOptions): SectorFiles {
  const { storage, index } = options;
  const peers = makePeers(options);
  /** Two tasks of one sector must not fetch the same file. */
  const perSector = new Map<string, ReturnType<typeof makeLimit>>();

  async function place(
    { sector, sectorBytes }: SizedSector,
    types: readonly SectorFileTypeName[],
    use: PathType,
  ): Promise<{ readonly id: string; readonly release: () => void }> {
    const mask = fileMaskOf(types);
    const stage = use === 'sealing' ? 'sealing' : 'finalized';
    const reasons: string[] = [];
    const best = await index.bestAlloc(mask, sectorBytes, use, sector.Miner).catch((error: unknown) => {
      reasons.push(messageOf(error));
      return [];
    });
    for (const { ID } of best) {
      const store = storage.placeFor(ID, sector, types[0] ?? 'sealed')?.store;
      if (store === undefined || (admittedFileTypes(store.AllowTypes, store.DenyTypes) & mask) !== mask)
        continue;
      const needs = types.map((type) => ({
        file: storage.placeFor(ID, sector, type)?.file ?? '',
        bytes: sectorFileSpace(fileMaskOf([type]), sectorBytes, stage),
      }));
      try {
        return { id: ID, release: await storage.reserve(ID, needs) };
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        reasons.push(error.message);
      }
    }
    throw noFreeSpace(sector, types, use, reasons);
  }

  async function fetchOne(request: AcquireRequest, type: SectorFileTypeName): Promise<LocalFile> {
    const { sector, sectorBytes, mode, signal } = request;
    const bit = fileMaskOf([type]);
    const found = await index.findSector(sector, bit, sectorBytes);
    const sources = found.filter(({ ID }) => storage.placeFor(ID, sector, type) === undefined);
    // The index may still list a deleted copy on this daemon.
    for (const { ID } of found)
      if (storage.placeFor(ID, sector, type) !== undefined) await index.dropSector(ID, sector, bit);
    if (sources.length === 0) throw missing(sector, type);
    const { id, release } = await place(request, [type], request.use);
    try {
      const target = storage.placeFor(id, sector, type);
      if (target === undefined) throw missing(sector, type);
      const source = await peers.pull({ sector, type, target, sources, signal });
      await markComplete(target);
      await index.declareSector(id, sector, bit, mode === 'move');
      if (mode === 'move') await peers.drop({ source, sector, type, keep: id, signal });
      return target;
    } finally {
      release();
    }
  }

  async function removeOthers(
    { sector, sectorBytes }: SizedSector,
    type: SectorFileTypeName,
    keep: string,
  ): Promise<void> {
    await storage.remove(sector, type, [keep]);
    const signal = AbortSignal.timeout(60_000);
    for (const { ID, BaseURLs } of await index.findSector(sector, fileMaskOf([type]), sectorBytes))
      for (const url of ID === keep ? [] : (BaseURLs ?? []).slice(0, 1))
        await peers.drop({ source: url, sector, type, keep, signal });
  }

  async function bring(request: AcquireRequest, type: SectorFileTypeName): Promise<LocalFile> {
    const name = sectorName(request.sector);
    const one = perSector.get(name) ?? makeLimit(1);
    perSector.set(name, one);
    return one(async () => {
      const here = (await storage.filesOf(request.sector, type))[0];
      return here ?? fetchOne(request, type);
    }, request.signal);
  }

  /** Finds one path for all files where one can take them, otherwise a path for each file. */
  async function allocate(
    request: AcquireRequest,
    types: readonly SectorFileTypeName[],
    releases: (() => void)[],
  ): Promise<(readonly [SectorFileTypeName, LocalFile])[]> {
    if (types.length === 0) return [];
    const begun = (
      await Promise.all(types.map((type) => storage.filesOf(request.sector, type, 'partial')))
    ).flat();
    const stage = request.use === 'sealing' ? 'sealing' : 'finalized';
    const id = begun[0]?.id;
    if (id !== undefined) {
      const places = types.map((type) => placed(id, request.sector, type));
      const needs = places.map(([type, { file }]) => ({
        file,
        bytes: sectorFileSpace(fileMaskOf([type]), request.sectorBytes, stage),
      }));
      releases.push(await storage.reserve(id, needs));
      return places;
    }
    try {
      const { id: chosen, release } = await place(request, types, request.use);
      releases.push(release);
      return types.map((type) => placed(chosen, request.sector, type));
    } catch (error) {
      if (types.length === 1) throw error;
      const places: (readonly [SectorFileTypeName, LocalFile])[] = [];
      for (const type of types) places.push(...(await allocate(request, [type], releases)));
      return places;
    }
  }

  function placed(
    id: string,
    sector: SectorId,
    type: SectorFileTypeName,
  ): readonly [SectorFileTypeName, LocalFile] {
    const found = storage.placeFor(id, sector, type);
    if (found === undefined) throw unknownId(id);
    return [type, found];
  }

  return {
    async acquire(request) {
      const releases: (() => void)[] = [];
      const release = (): void => releases.splice(0).forEach((end) => end());
      try {
        const files = new Map<SectorFileTypeName, LocalFile>();
        for (const type of request.existing) files.set(type, await bring(request, type));
        for (const [type, file] of await allocate(request, request.allocate ?? [], releases))
          files.set(type, file);
        const of = (type: SectorFileTypeName): LocalFile => {
          const file = files.get(type);
          if (file === undefined) throw new Error(`${type} was not asked for`);
          return file;
        };
        return {
          file: (type) => of(type).file,
          async declare(types) {
            for (const type of types)
              await index.declareSector(of(type).id, request.sector, fileMaskOf([type]), false);
          },
          async begin(types, maker) {
            for (const type of types) await markPartial(of(type), maker);
          },
          async declareAsOnly(types) {
            for (const type of types) {
              await index.declareSector(of(type).id, request.sector, fileMaskOf([type]), false);
              await removeOthers(request, type, of(type).id);
            }
            for (const type of types) await markComplete(of(type));
          },
          async discard(types) {
            for (const type of types) await removePartial(of(type));
          },
          release,
        };
      } catch (error) {
        release();
        throw error;
      }
    },
    async place(sized, type, use) {
      const { id, release } = await place(sized, [type], use);
      return { place: placed(id, sized.sector, type)[1], release };
    },
    async dropCopies({ sector, sectorBytes }, types) {
      for (const type of types) {
        const found = await index.findSector(sector, fileMaskOf([type]), sectorBytes);
        const primary = found.filter(({ Primary }) => Primary).map(({ ID }) => ID);
        if (primary.length > 0) await storage.remove(sector, type, primary);
      }
    },
    removeOthers,
  };
}
