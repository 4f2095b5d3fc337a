import { admittedFileTypes, fileTypesIn, type SectorFileMask } from '../../lotus/sector-file.ts';
import type { PathType } from '../../lotus/rpc-values.ts';
import { admitsMiner, ailmentOf, inGroups } from '../storage-rules.ts';
import type { WaitReason } from './reason.ts';
import type { PathSnapshot, Snapshot } from './snapshot.ts';

/** A request for a path: kinds of file, what the path is for, room in bytes, and the groups it must be in (undefined: any). */
export interface PathRequest {
  readonly files: SectorFileMask;
  readonly use: PathType;
  readonly miner: number;
  readonly bytes: number;
  readonly groups: ReadonlySet<string> | undefined;
}

/** A path while tasks are placed: its free room shrinks with every reservation. */
export interface Place {
  readonly path: PathSnapshot;
  readonly admitted: SectorFileMask;
  readonly ailment: string | undefined;
  /** Workers that serve it, by their place in the snapshot. */
  readonly servedBy: number[];
  free: number;
}

/** Every path with the room that the health reports tell, less what tasks on their way will take. */
export function placesOf({ now, storage, workers }: Snapshot): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const [id, path] of storage.paths)
    places.set(id, {
      path,
      admitted: admittedFileTypes(path.info.AllowTypes, path.info.DenyTypes),
      ailment: ailmentOf(path, now),
      servedBy: [],
      free: path.stat.Available,
    });
  for (const [index, { paths, active }] of workers.entries()) {
    for (const id of paths) places.get(id)?.servedBy.push(index);
    for (const { reservation } of active) {
      const place = reservation && places.get(reservation.path);
      if (place !== undefined && place.path.heardAt <= reservation!.seenAfter)
        place.free -= reservation!.bytes;
    }
  }
  return places;
}

/** The path of a worker that it will itself choose for a request, by BestAlloc's order; else why there is none. */
export function choosePlace(places: readonly Place[], request: PathRequest): Place | WaitReason {
  let best: Place | undefined;
  let roomiest = -Infinity;
  let why: WaitReason | undefined;
  for (const place of places) {
    const refusal = refusalOf(place, request);
    if (refusal !== undefined) {
      // A group or an ailment says more than that some other path is of the wrong kind.
      if (why === undefined || why.because === 'no-path') why = refusal;
      continue;
    }
    roomiest = Math.max(roomiest, place.free);
    if (place.free < request.bytes) continue;
    if (best === undefined || rank(place) > rank(best)) best = place;
  }
  if (best !== undefined) return best;
  if (roomiest > -Infinity) return { because: 'no-room', needs: request.bytes, free: roomiest };
  return why ?? { because: 'no-path', wanted: wantedText(request) };
}

/** Why a path cannot be the target of a request, room aside. */
function refusalOf({ path, admitted, ailment }: Place, request: PathRequest): WaitReason | undefined {
  const { info } = path;
  const usable = request.use === 'sealing' ? info.CanSeal : info.CanStore;
  if (!usable || (admitted & request.files) !== request.files || !admitsMiner(info, request.miner))
    return { because: 'no-path', wanted: wantedText(request) };
  if (!inGroups(info, request.groups)) return { because: 'group', allowed: [...(request.groups ?? [])] };
  return ailment === undefined ? undefined : { because: 'path-away', path: info.ID, why: ailment };
}

/** Available bytes times weight; a weight of 0 comes last and is still ordered. */
function rank({ free, path }: Place): number {
  return free * path.info.Weight;
}

function wantedText({ files, use }: PathRequest): string {
  const purpose = use === 'sealing' ? 'is for sealing' : 'is for long-term storage';
  return `${purpose} and takes ${fileTypesIn(files).join(', ')} of this miner`;
}
