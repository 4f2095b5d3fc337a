import { sectorName, type SectorFileMask } from '../../lotus/sector-file.ts';
import type { PathType } from '../../lotus/rpc-values.ts';
import { groupsAllowed } from '../storage-rules.ts';
import type { Pass } from './pass.ts';
import type { PathRequest } from './place.ts';
import { spaceFor } from './sector-bytes.ts';
import type { QueuedTask } from './snapshot.ts';

/** A queued task with what is worked out about it once a pass. */
export interface Ask {
  readonly task: QueuedTask;
  /** The sector's. */
  readonly name: string;
  /** Workers that hold files the task works on, and the kinds each has. */
  readonly near: readonly Near[];
  /** Kinds of file it works on that are held anywhere, and the kind of path they are to be on. */
  readonly held: SectorFileMask;
  readonly use: PathType;
  /** Only workers that hold needed files may have it. */
  readonly onlyHolders: boolean;
  /** The path it needs; undefined where it needs none. */
  readonly request: PathRequest | undefined;
}

interface Near {
  readonly worker: number;
  files: SectorFileMask;
}

const nobody: readonly Near[] = [];

export function askOf(pass: Pass, task: QueuedTask): Ask {
  const { need, fetch } = task;
  const wanted = 'files' in need ? need.files : 0;
  const files = fetch?.files ?? (need.kind === 'room' ? 0 : wanted);
  const use = fetch?.use ?? (need.kind === 'move' ? 'storage' : 'sealing');
  const name = sectorName(task.sector);
  const fetchable = need.kind === 'holder' && need.fetchable;
  const holders: string[] = [];
  let near = nobody as Near[];
  let held = 0;
  let anyHolder = false;
  for (const holding of pass.snapshot.storage.holders.get(name) ?? []) {
    if (!pass.places.has(holding.path)) continue;
    held |= holding.files & files;
    if ((holding.files & wanted) !== 0) {
      anyHolder = true;
      if (fetchable) holders.push(holding.path);
    }
    if ((holding.files & (files | wanted)) !== 0)
      for (const worker of pass.servedBy.get(holding.path) ?? [])
        near = withFiles(near, worker, holding.files);
  }
  const onlyHolders =
    (need.kind === 'holder' && !(fetchable && anyHolder)) ||
    (need.kind === 'move' && pass.policy.disallowRemoteFinalize);
  const groups = fetchable ? groupsOfHolders(pass, holders) : undefined;
  return { task, name, near, held, use, onlyHolders, request: requestOf(task, groups) };
}

/** The group rule of holders, worked out once a pass for each that is alone. */
function groupsOfHolders(
  { groupsOf, places }: Pass,
  holders: readonly string[],
): ReadonlySet<string> | undefined {
  const [only] = holders;
  if (holders.length === 1 && only !== undefined && groupsOf.has(only)) return groupsOf.get(only);
  const groups = groupsAllowed(holders.flatMap((path) => places.get(path)?.path.info ?? []));
  if (holders.length === 1 && only !== undefined) groupsOf.set(only, groups);
  return groups;
}

/** Bytes of the task's files that lie elsewhere and would have to move to a worker. */
export function bytesToMove(ask: Ask, worker: number): number {
  const missing = ask.held & ~filesOn(ask, worker);
  return missing === 0 ? 0 : spaceFor(missing, ask.task.proof, ask.use);
}

/** Whether a worker holds any of the files that the task needs. */
export function holdsNeeded(ask: Ask, worker: number): boolean {
  const { need } = ask.task;
  return need.kind !== 'anywhere' && (filesOn(ask, worker) & need.files) !== 0;
}

/** Equal for tasks that differ in nothing that matters to workers that hold none of their files. */
export function classKeyOf({ task, request }: Ask): string {
  const { need, fetch } = task;
  const groups = request?.groups === undefined ? '*' : textOf(request.groups);
  const shape = `${need.kind}:${request?.files ?? 0}:${request?.use ?? ''}:${fetch === undefined}`;
  return `${task.task}:${task.proof}:${task.sector.Miner}:${shape}:${groups}`;
}

/** Sets of groups are made once a pass, so each is put into words once. */
const texts = new WeakMap<ReadonlySet<string>, string>();

function textOf(groups: ReadonlySet<string>): string {
  let text = texts.get(groups);
  if (text === undefined) {
    text = [...groups].sort().join(' ');
    texts.set(groups, text);
  }
  return text;
}

function filesOn({ near }: Ask, worker: number): SectorFileMask {
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

function requestOf(
  { need, proof, sector }: QueuedTask,
  groups: ReadonlySet<string> | undefined,
): PathRequest | undefined {
  if (need.kind === 'anywhere') return undefined;
  const use = need.kind === 'room' ? need.use : need.kind === 'move' ? 'storage' : 'sealing';
  return {
    files: need.files,
    use,
    miner: sector.Miner,
    bytes: spaceFor(need.files, proof, use),
    groups,
  };
}
