import { admittedFileTypes, fileTypesIn, type SectorFileMask } from '@sealctl/core/lotus/sector-file';
import type { PathType } from '@sealctl/core/lotus/rpc-values';
import { admitsMiner, ailmentOf, inGroups } from '../storage-rules.ts';
import type { WaitReason } from './reason.ts';
import { spaceFor } from './sector-bytes.ts';
import type { PathSnapshot, Snapshot } from './snapshot.ts';

/** A request for a path: kinds of file, use of the path, space in bytes, and the groups it must be in (undefined: any). */
export interface PathRequest {
  readonly files: SectorFileMask;
  readonly use: PathType;
  readonly miner: number;
  readonly proof: number;
  readonly bytes: number;
  readonly groups: ReadonlySet<string> | undefined;
}

/** A path during a scheduling cycle. Every reservation reduces its free space. */
export interface PathCapacity {
  readonly path: PathSnapshot;
  readonly admitted: SectorFileMask;
  readonly ailment: string | undefined;
  /** Workers that serve the path, as positions in the snapshot. */
  readonly servedBy: number[];
  free: number;
}

/** Every path with the free space of its last health report, less the space that assigned tasks will use. */
export function pathCapacities({ now, storage, workers }: Snapshot): Map<string, PathCapacity> {
  const capacities = new Map<string, PathCapacity>();
  for (const [id, path] of storage.paths)
    capacities.set(id, {
      path,
      admitted: admittedFileTypes(path.info.AllowTypes, path.info.DenyTypes),
      ailment: ailmentOf(path, now),
      servedBy: [],
      free: path.stat.Available,
    });
  for (const [index, { paths, active }] of workers.entries()) {
    for (const id of paths) capacities.get(id)?.servedBy.push(index);
    for (const { path, bytes, seenAfter } of active.flatMap(({ reservations }) => reservations)) {
      const capacity = capacities.get(path);
      if (capacity !== undefined && capacity.path.heardAt <= seenAfter) capacity.free -= bytes;
    }
  }
  return capacities;
}

/** A path that takes files of a task, and the bytes to reserve on it. */
export interface PathShare {
  readonly capacity: PathCapacity;
  readonly bytes: number;
}

/**
 * Finds space for a request on the paths of one worker, in the order in which the worker will choose them (BestAlloc's); otherwise returns
 * why there is none. As in Lotus, a path must have space for all files. Where no path admits all kinds of file, several paths share them.
 */
export function findSpace(
  capacities: readonly PathCapacity[],
  request: PathRequest,
): readonly PathShare[] | WaitReason {
  let best: PathCapacity | undefined;
  let together = 0;
  let togetherWithSpace = 0;
  let largest = -Infinity;
  let why: WaitReason | undefined;
  for (const capacity of capacities) {
    const refusal = refusalOf(capacity, request);
    if (refusal !== undefined) {
      // A wrong group or an unhealthy path explains more than another path of the wrong kind.
      if (why === undefined || why.because === 'no-path') why = refusal;
      continue;
    }
    largest = Math.max(largest, capacity.free);
    together |= capacity.admitted;
    if (capacity.free < request.bytes) continue;
    togetherWithSpace |= capacity.admitted;
    if (!admitsAll(capacity.admitted, request)) continue;
    if (best === undefined || rank(capacity) > rank(best)) best = capacity;
  }
  if (best !== undefined) return [{ capacity: best, bytes: request.bytes }];
  if (admitsAll(togetherWithSpace, request)) return sharedSpace(capacities, request);
  if (admitsAll(together, request)) return { because: 'no-free-space', needs: request.bytes, free: largest };
  return why ?? { because: 'no-path', wanted: wantedText(request) };
}

/** Assigns each kind of file to the best path that admits it. */
function sharedSpace(capacities: readonly PathCapacity[], request: PathRequest): readonly PathShare[] {
  const fit = capacities.filter(
    (capacity) => refusalOf(capacity, request) === undefined && capacity.free >= request.bytes,
  );
  fit.sort((a, b) => rank(b) - rank(a));
  let left = request.files;
  return fit.flatMap((capacity) => {
    const files = left & capacity.admitted;
    left &= ~files;
    return files === 0 ? [] : [{ capacity, bytes: spaceFor(files, request.proof, request.use) }];
  });
}

function admitsAll(admitted: SectorFileMask, { files }: PathRequest): boolean {
  return (admitted & files) === files;
}

/** Returns why a path cannot take any file of a request, regardless of space. */
function refusalOf({ path, admitted, ailment }: PathCapacity, request: PathRequest): WaitReason | undefined {
  const { info } = path;
  const usable = request.use === 'sealing' ? info.CanSeal : info.CanStore;
  if (!usable || (admitted & request.files) === 0 || !admitsMiner(info, request.miner))
    return { because: 'no-path', wanted: wantedText(request) };
  if (!inGroups(info, request.groups)) return { because: 'group', allowed: [...(request.groups ?? [])] };
  return ailment === undefined ? undefined : { because: 'path-away', path: info.ID, why: ailment };
}

/** Available bytes times weight; paths with weight 0 come last. */
function rank({ free, path }: PathCapacity): number {
  return free * path.info.Weight;
}

function wantedText({ files, use }: PathRequest): string {
  const purpose = use === 'sealing' ? 'is for sealing' : 'is for long-term storage';
  return `${purpose} and takes ${fileTypesIn(files).join(', ')} of this miner`;
}
