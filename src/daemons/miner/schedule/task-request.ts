import { sectorName, type SectorFileMask } from '@sealctl/core/lotus/sector-file';
import type { PathType } from '@sealctl/core/lotus/rpc-values';
import { groupsAllowed } from '../storage-rules.ts';
import type { SchedulingCycle } from './cycle.ts';
import type { PathRequest, PathCapacity } from './path-capacity.ts';
import { spaceFor } from './sector-bytes.ts';
import type { QueuedTask } from './snapshot.ts';
import { countKey } from './resource-usage.ts';

/** The properties of a task that do not depend on its sector, computed once per cycle for all tasks of a shape. */
export interface TaskShape {
  /** Kinds of file the task works on, and the kind of path they must be on. */
  readonly files: SectorFileMask;
  readonly use: PathType;
  /** Kinds of file of which a worker must hold one or, where `fetchable`, be able to fetch one. */
  readonly wanted: SectorFileMask;
  readonly fetchable: boolean;
  /** The required path, without its groups; undefined where the task needs none. */
  readonly request: PathRequest | undefined;
}

/** A queued task with the facts that are computed about it once per cycle. */
export interface TaskRequest {
  readonly task: QueuedTask;
  /** The name of the sector. */
  readonly name: string;
  /** Shared by tasks that are the same to a worker that holds none of their files, except for groups. */
  readonly shape: TaskShape;
  /** Workers that hold files the task works on, with the kinds each has. */
  readonly near: readonly Near[];
  /** Kinds of file the task works on that any path holds. */
  readonly held: SectorFileMask;
  /** True where only workers that hold needed files may take the task. */
  readonly onlyHolders: boolean;
  /** The required path; undefined where the task needs none. */
  readonly request: PathRequest | undefined;
}

interface Near {
  readonly worker: number;
  files: SectorFileMask;
}

const nobody: readonly Near[] = [];

export function taskRequestOf(cycle: SchedulingCycle, task: QueuedTask): TaskRequest {
  const shape = shapeOf(cycle, task);
  const { files, wanted, fetchable } = shape;
  const name = sectorName(task.sector);
  const holders: PathCapacity[] = [];
  let near = nobody as Near[];
  let held = 0;
  let anyHolder = false;
  if ((files | wanted) !== 0)
    for (const holding of cycle.snapshot.storage.holders.get(name) ?? []) {
      const capacity = cycle.capacities.get(holding.path);
      if (capacity === undefined) continue;
      held |= holding.files & files;
      if ((holding.files & wanted) !== 0) {
        anyHolder = true;
        if (fetchable) holders.push(capacity);
      }
      if ((holding.files & (files | wanted)) !== 0)
        for (const worker of capacity.servedBy) near = withFiles(near, worker, holding.files);
    }
  const { kind } = task.need;
  const onlyHolders =
    (kind === 'holder' && !(fetchable && anyHolder)) ||
    (kind === 'move' && cycle.policy.disallowRemoteFinalize);
  const groups = fetchable ? groupsOfHolders(cycle, holders) : undefined;
  const request =
    groups === undefined || shape.request === undefined ? shape.request : { ...shape.request, groups };
  return { task, name, shape, near, held, onlyHolders, request };
}

const needNumbers = { anywhere: 0, allocate: 1, holder: 2, move: 3 } as const;

function shapeOf(cycle: SchedulingCycle, task: QueuedTask): TaskShape {
  const { need, fetch, sector } = task;
  let ofMiner = cycle.shapes.get(sector.Miner);
  if (ofMiner === undefined) {
    ofMiner = new Map();
    cycle.shapes.set(sector.Miner, ofMiner);
  }
  // The key is one number with a digit for each property of a shape, since every cycle looks up the shape of every task. With a string as
  // key, a cycle with 10,000 waiting tasks and no free worker takes a fifth longer (166 ms instead of 138 ms, bench/scheduler.ts).
  let key = countKey(task.task, task.proof) * 4 + needNumbers[need.kind];
  key = key * 64 + ('files' in need ? need.files : 0);
  key = key * 2 + (need.kind === 'holder' && need.fetchable ? 1 : 0);
  key = key * 2 + (need.kind === 'allocate' && need.use === 'storage' ? 1 : 0);
  key = key * 64 + (fetch?.files ?? 0);
  key = key * 3 + (fetch === undefined ? 0 : fetch.use === 'sealing' ? 1 : 2);
  let shape = ofMiner.get(key);
  if (shape === undefined) {
    shape = newShapeOf(task);
    ofMiner.set(key, shape);
  }
  return shape;
}

function newShapeOf(task: QueuedTask): TaskShape {
  const { need, fetch } = task;
  const wanted = 'files' in need ? need.files : 0;
  return {
    files: fetch?.files ?? (need.kind === 'allocate' ? 0 : wanted),
    use: fetch?.use ?? (need.kind === 'move' ? 'storage' : 'sealing'),
    wanted,
    fetchable: need.kind === 'holder' && need.fetchable,
    request: requestOf(task),
  };
}

/** Applies the group rule to holders; the result for a single holder is computed once per cycle. */
function groupsOfHolders(
  cycle: SchedulingCycle,
  holders: readonly PathCapacity[],
): ReadonlySet<string> | undefined {
  const [only] = holders;
  if (only === undefined || holders.length > 1)
    return oneOf(cycle, groupsAllowed(holders.map(({ path }) => path.info)));
  if (!cycle.groupsOf.has(only)) cycle.groupsOf.set(only, oneOf(cycle, groupsAllowed([only.path.info])));
  return cycle.groupsOf.get(only);
}

/** Returns the same set for equal groups, so that sets can be compared by identity. */
function oneOf(
  { groupSets }: SchedulingCycle,
  groups: ReadonlySet<string> | undefined,
): ReadonlySet<string> | undefined {
  if (groups === undefined) return undefined;
  const text = JSON.stringify([...groups].sort());
  const first = groupSets.get(text);
  if (first !== undefined) return first;
  groupSets.set(text, groups);
  return groups;
}

/** Bytes of the task's files that the worker does not hold and would have to fetch. */
export function bytesToMove(taskRequest: TaskRequest, worker: number): number {
  const missing = taskRequest.held & ~filesOn(taskRequest, worker);
  return missing === 0 ? 0 : spaceFor(missing, taskRequest.task.proof, taskRequest.shape.use);
}

/** Whether a worker holds any of the files that the task needs. */
export function holdsNeeded(taskRequest: TaskRequest, worker: number): boolean {
  const { need } = taskRequest.task;
  return need.kind !== 'anywhere' && (filesOn(taskRequest, worker) & need.files) !== 0;
}

function filesOn({ near }: TaskRequest, worker: number): SectorFileMask {
  for (const each of near) if (each.worker === worker) return each.files;
  return 0;
}

function withFiles(near: Near[], worker: number, files: SectorFileMask): Near[] {
  if (near === nobody) return [{ worker, files }];
  const known = near.find((each) => each.worker === worker);
  if (known === undefined) near.push({ worker, files });
  else known.files |= files;
  return near;
}

function requestOf({ need, proof, sector }: QueuedTask): PathRequest | undefined {
  if (need.kind === 'anywhere') return undefined;
  const use = need.kind === 'allocate' ? need.use : need.kind === 'move' ? 'storage' : 'sealing';
  return {
    files: need.files,
    use,
    miner: sector.Miner,
    proof,
    bytes: spaceFor(need.files, proof, use),
    groups: undefined,
  };
}
