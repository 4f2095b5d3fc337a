import type { StorageInfo } from '../../../../src/core/lotus/rpc-values.ts';
import type { Assignment } from '../../../../src/daemons/miner/schedule/decide.ts';
import type {
  PathSnapshot,
  QueuedTask,
  SchedulePolicy,
  Snapshot,
  WorkerSnapshot,
} from '../../../../src/daemons/miner/schedule/snapshot.ts';

/** Bits of the kinds of file, and the space each takes in tenths of a sector while sealing and when finalized. */
const fileTypes = [
  { word: 'unsealed', bit: 1, sealing: 10, storage: 10 },
  { word: 'sealed', bit: 2, sealing: 10, storage: 10 },
  { word: 'cache', bit: 4, sealing: 141, storage: 1 },
  { word: 'update', bit: 8, sealing: 10, storage: 10 },
  { word: 'update-cache', bit: 16, sealing: 21, storage: 1 },
  { word: 'piece', bit: 32, sealing: 10, storage: 10 },
] as const;
const sectorBytes: Readonly<Record<number, number>> = { 8: 2 ** 35, 13: 2 ** 35, 9: 2 ** 36 };

interface PathRules {
  readonly refusals: (task: QueuedTask, worker: WorkerSnapshot) => readonly ('not-holder' | 'path')[];
  /** What is wrong with the reservations and the bytes to move of an assignment; the reservations are taken from then on. */
  readonly follow: (task: QueuedTask, worker: WorkerSnapshot, assignment: Assignment) => readonly string[];
  /** Whether one of the able has files of the task while the chosen has none, or needs fewer bytes moved. */
  readonly isNearer: (task: QueuedTask, chosen: WorkerSnapshot, able: readonly WorkerSnapshot[]) => boolean;
}

/** The rules of storage: holders and groups, kinds of path, lists, health, space. */
export function makePathRules(
  { now, workers, storage }: Pick<Snapshot, 'now' | 'workers' | 'storage'>,
  policy: SchedulePolicy,
): PathRules {
  const free = new Map(
    [...storage.paths].map(([id, path]) => {
      const unseen = workers
        .flatMap(({ active }) => active.flatMap(({ reservations }) => reservations))
        .filter((each) => each.path === id && path.heardAt <= each.seenAfter);
      return [id, unseen.reduce((left, { bytes }) => left - bytes, path.stat.Available)];
    }),
  );

  const holdersOf = ({ sector }: QueuedTask, files: number): { id: string; files: number }[] =>
    (storage.holders.get(`s-t0${sector.Miner}-${sector.Number}`) ?? [])
      .filter((holding) => storage.paths.has(holding.path) && (holding.files & files) !== 0)
      .map((holding) => ({ id: holding.path, files: holding.files & files }));
  const filesOn = (task: QueuedTask, worker: WorkerSnapshot, files: number): number =>
    holdersOf(task, files)
      .filter(({ id }) => worker.paths.includes(id))
      .reduce((mask, held) => mask | held.files, 0);

  /** What the paths of a worker are asked for; undefined where it needs none. */
  function wanted({ need, sector, proof }: QueuedTask) {
    if (need.kind === 'anywhere') return undefined;
    const use =
      need.kind === 'allocate'
        ? need.use
        : need.kind === 'move'
          ? ('storage' as const)
          : ('sealing' as const);
    return { files: need.files, use, miner: sector.Miner, bytes: space(need.files, proof, use) };
  }

  /** Paths of a worker that are fit for the files of a task, some kinds of them or all. */
  function fitting(task: QueuedTask, worker: WorkerSnapshot): PathSnapshot[] {
    const { need } = task;
    const wants = wanted(task);
    if (wants === undefined) return [];
    const sources = holdersOf(task, wants.files).map(({ id }) => storage.paths.get(id)!.info);
    return worker.paths
      .flatMap((id) => storage.paths.get(id) ?? [])
      .filter(
        ({ info, ailment, heardAt }) =>
          (wants.use === 'sealing' ? info.CanSeal : info.CanStore) &&
          (admitted(info) & wants.files) !== 0 &&
          isFor(info, wants.miner) &&
          ailment === '' &&
          now - heardAt <= 50_000 &&
          free.get(info.ID)! >= wants.bytes &&
          (need.kind !== 'holder' || mayFetch(info, sources)),
      );
  }

  function refusals(task: QueuedTask, worker: WorkerSnapshot): ('not-holder' | 'path')[] {
    const { need } = task;
    if (need.kind === 'anywhere') return [];
    const holds = filesOn(task, worker, need.files) !== 0;
    if (need.kind === 'holder') {
      if (holds) return [];
      if (!need.fetchable || holdersOf(task, need.files).length === 0) return ['not-holder'];
    }
    const broken: ('not-holder' | 'path')[] = [];
    if (need.kind === 'move' && policy.disallowRemoteFinalize && !holds) broken.push('not-holder');
    const together = fitting(task, worker).reduce((mask, { info }) => mask | admitted(info), 0);
    if ((together & need.files) !== need.files) broken.push('path');
    return broken;
  }

  const worksOn = ({ need, fetch }: QueuedTask): number =>
    fetch?.files ?? (need.kind === 'holder' || need.kind === 'move' ? need.files : 0);

  function bytesToMove(task: QueuedTask, worker: WorkerSnapshot): number {
    const files = worksOn(task);
    const held = holdersOf(task, files).reduce((mask, each) => mask | each.files, 0);
    const use = task.fetch?.use ?? (task.need.kind === 'move' ? 'storage' : 'sealing');
    return space(held & ~filesOn(task, worker, files), task.proof, use);
  }

  return {
    refusals,
    follow(task, worker, { reservations, moveBytes }) {
      const wrong: string[] = [];
      if (moveBytes !== bytesToMove(task, worker)) wrong.push(`moves ${moveBytes} bytes`);
      const wants = wanted(task);
      const stays = task.need.kind === 'holder' && filesOn(task, worker, task.need.files) !== 0;
      const fit = fitting(task, worker);
      const whole = fit.filter(({ info }) => (admitted(info) & (wants?.files ?? 0)) === wants?.files);
      const rank = ({ info }: PathSnapshot): number => free.get(info.ID)! * info.Weight;
      const chosen = reservations.map(({ path }) => fit.find(({ info }) => info.ID === path));
      const total = reservations.reduce((sum, { bytes }) => sum + bytes, 0);
      if (total !== (wants === undefined || stays ? 0 : wants.bytes)) wrong.push(`takes ${total} bytes`);
      for (const [index, path] of chosen.entries()) {
        if (path === undefined) wrong.push(`${reservations[index]!.path} is not fit for it`);
        else if (
          reservations[index]!.bytes > space(admitted(path.info) & wants!.files, task.proof, wants!.use)
        )
          wrong.push(`${path.info.ID} takes not all that is to lie there`);
        if (whole.length > 0 && (path === undefined || whole.some((other) => rank(other) > rank(path))))
          wrong.push('another path goes first');
      }
      if (whole.length > 0 && reservations.length > 1) wrong.push('torn apart');
      for (const { path, bytes } of reservations) free.set(path, free.get(path)! - bytes);
      return wrong;
    },
    isNearer(task, chosen, able) {
      const near = able.filter(
        (each) => filesOn(task, each, worksOn(task) | (wanted(task)?.files ?? 0)) !== 0,
      );
      if (near.length === 0) return false;
      if (!near.includes(chosen)) return true;
      return near.some((each) => bytesToMove(task, each) < bytesToMove(task, chosen));
    },
  };
}

function space(files: number, proof: number, use: 'sealing' | 'storage'): number {
  return fileTypes
    .filter(({ bit }) => (files & bit) !== 0)
    .reduce((sum, type) => sum + Math.floor((type[use] * sectorBytes[proof]!) / 10), 0);
}

function admitted({ AllowTypes, DenyTypes }: StorageInfo): number {
  const allowed = AllowTypes ?? [];
  const denied = DenyTypes ?? [];
  return fileTypes
    .filter(({ word }) => (allowed.length === 0 || allowed.includes(word)) && !denied.includes(word))
    .reduce((mask, { bit }) => mask | bit, 0);
}

/** An address that is none matches nobody. */
function isFor({ AllowMiners, DenyMiners }: StorageInfo, miner: number): boolean {
  const names = (list: readonly string[]): boolean =>
    list.includes(`f0${miner}`) || list.includes(`t0${miner}`);
  const allowed = AllowMiners ?? [];
  return (allowed.length === 0 || names(allowed)) && !names(DenyMiners ?? []);
}

/** All holders' AllowTo lists together, or everybody where one of them has none. */
function mayFetch({ Groups }: StorageInfo, sources: readonly StorageInfo[]): boolean {
  if (sources.some(({ AllowTo }) => (AllowTo ?? []).length === 0)) return true;
  const allowed = sources.flatMap(({ AllowTo }) => AllowTo ?? []);
  return (Groups ?? []).some((group) => allowed.includes(group));
}
