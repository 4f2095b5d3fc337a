import { kinds } from '../kinds/index.ts';
import type { Resource } from '../model/kind.ts';
import type { ObservedHost, ListedWorker } from '../model/observed.ts';
import type { WorkerStats } from '@sealctl/core/lotus/rpc-values';
import { taskPhaseOf, type TaskPhase } from '@sealctl/core/lotus/run-wait';
import { parseSealTask, sealProofNumber } from '@sealctl/core/lotus/seal-proof';
import { impliedTasks, inTaskOrder, taskByName, type TaskCode } from '@sealctl/core/lotus/task-type';
import type { FleetUsage } from '../observe/fleet-usage.ts';
import type { Observation } from '../observe/observe.ts';
import { leftMs } from '../observe/usual-times.ts';
import { observedService } from '../plan/diff/diff-host.ts';
import type { MadePlan } from '../plan/make-plan.ts';
import { registrationsAt, type Registrations } from '../plan/diff/registrations.ts';
import type { HostSpec, Spec, WorkerSpec } from '../spec/spec.ts';
import { hostStatuses, workerNote, type HostStatus } from './host-status.ts';

/** The fleet as `status` shows it, and `status --format json` prints it. Times are milliseconds, sizes bytes. */
export interface FleetStatus {
  readonly cluster: string;
  readonly miner: MinerStatus;
  /** Hosts of which there is more to tell than of their workers. */
  readonly hosts: readonly HostStatus[];
  /** What is wrong with the cluster as a whole. */
  readonly findings: readonly string[];
  readonly workers: readonly WorkerStatus[];
}

export interface MinerStatus {
  readonly host: string;
  readonly answers: boolean;
  readonly text: string;
  /** Sectors by state, and tasks that wait for a worker; absent while the miner does not answer. */
  readonly sectors?: Readonly<Record<string, number>>;
  readonly waitingTasks?: number;
}

export interface WorkerStatus {
  readonly host: string;
  readonly worker: string;
  /** Service, registration and hold in a word: a host on hold is `draining` while its worker still runs, then `held`. */
  readonly state: 'up' | 'draining' | 'held' | 'stopped' | 'unregistered' | 'unreachable';
  /** Accepted now, without what every worker accepts. */
  readonly tasks: readonly TaskCode[];
  /** Limits as the running worker has them, else as cluster.yaml has them. */
  readonly limits: Readonly<Partial<Record<TaskCode, number>>>;
  /** Tasks it has, prepared ones included, by type. */
  readonly counts: Readonly<Partial<Record<TaskCode, number>>>;
  readonly running: readonly RunningTask[];
  /** Absent while the miner does not list it. */
  readonly resources?: ResourceUse;
  readonly storage: readonly StorageUse[];
  readonly note: string;
}

export interface RunningTask {
  readonly task: string;
  readonly sector: number;
  readonly phase: TaskPhase;
  readonly elapsedMs: number;
  /** The median of such tasks, and what is left of it; absent while there is no record of one. */
  readonly usualMs?: number;
  readonly leftMs?: number;
}

export interface ResourceUse {
  readonly cpus: { readonly used: number; readonly total: number };
  /** Used by the machine, or set aside for tasks, whichever is more. */
  readonly memory: { readonly usedBytes: number; readonly totalBytes: number };
  readonly gpus: { readonly used: number; readonly names: readonly string[] };
}

export interface StorageUse {
  readonly id: string;
  readonly path: string;
  readonly use: 'seal' | 'store' | 'seal+store' | 'read-only';
  readonly sectors: number;
  /** Of the file system, or of the path's own limit where it has one; absent with the reason when its owner does not answer. */
  readonly space?: {
    readonly usedBytes: number;
    readonly totalBytes: number;
    readonly reservedBytes: number;
  };
  readonly problem?: string;
}

/** Hosts in the order of cluster.yaml, workers in the order of their host. */
export function fleetStatus(input: {
  readonly spec: Spec;
  readonly hosts: readonly HostSpec[];
  readonly resources: ReadonlyMap<string, readonly Resource[]>;
  readonly observation: Observation;
  readonly plan: MadePlan;
  /** Milliseconds since the epoch. */
  readonly now: number;
}): FleetStatus {
  const { spec, hosts, observation } = input;
  const registered = registrationsAt(observation.observed.miner);
  const workers = hosts.flatMap((host) =>
    host.workers.map((worker) => workerStatus(host, worker, registered(worker), input)),
  );
  const { document } = input.plan;
  return {
    cluster: spec.cluster,
    miner: minerStatus(spec, observation, registered),
    hosts: hostStatuses(spec, document),
    findings: document.findings.map(({ summary }) => summary),
    workers,
  };
}

function minerStatus(spec: Spec, { observed, usage }: Observation, registered: Registrations): MinerStatus {
  const { host, listen } = spec.miner;
  const { miner } = observed;
  if ('unreachable' in miner) return { host, answers: false, text: `does not answer: ${miner.unreachable}` };
  const wanted = spec.hosts.flatMap((each) => each.workers);
  const listed = wanted.filter((worker) => registered(worker) !== undefined).length;
  return {
    host,
    answers: true,
    text: `${miner.actor} at ${listen.host}:${listen.port}, ${listed} of ${wanted.length} workers listed${appliedText(observed.hosts.get(host))}`,
    ...(usage === undefined ? {} : { sectors: usage.sectors, waitingTasks: usage.waiting }),
  };
}

/** Which git revision of cluster.yaml the fleet was last made to match, where it was applied from a repository. */
function appliedText(found: ObservedHost | undefined): string {
  const revision = found?.reachable === true ? (found.facts.inventory?.revision ?? '') : '';
  return revision === '' ? '' : `, last applied from ${revision}`;
}

function workerStatus(
  host: HostSpec,
  worker: WorkerSpec,
  listed: ListedWorker | undefined,
  { spec, resources, observation, plan, now }: Parameters<typeof fleetStatus>[0],
): WorkerStatus {
  const { observed, usage } = observation;
  const found = observed.hosts.get(host.name);
  const answers = found?.reachable === true ? found.workers.get(worker.name) : undefined;
  const accepted = answers === undefined || 'unreachable' in answers ? [] : answers.tasks;
  return {
    host: host.name,
    worker: worker.name,
    state: stateOf(worker, resources.get(host.name) ?? [], found, listed !== undefined),
    tasks: inTaskOrder(accepted.flatMap(codeOf)).filter((code) => !impliedTasks.includes(code)),
    limits: limitsOf(spec, worker, listed?.stats),
    counts: countsOf(listed?.stats),
    running: runningTasks(listed, usage, now),
    ...(listed === undefined ? {} : { resources: resourceUse(listed.stats) }),
    storage: storageOf(answers !== undefined && 'paths' in answers ? answers.paths : [], usage),
    note:
      found?.reachable === true
        ? workerNote(
            plan.document.hosts.find((candidate) => candidate.host === host.name),
            worker.name,
          )
        : (found?.reason ?? ''),
  };
}

function stateOf(
  worker: WorkerSpec,
  resources: readonly Resource[],
  found: ObservedHost | undefined,
  listed: boolean,
): WorkerStatus['state'] {
  if (found?.reachable !== true) return 'unreachable';
  const service = observedService({ role: 'worker', name: worker.name }, found.facts, resources, kinds);
  if (found.facts.hold !== undefined) return service?.running === true ? 'draining' : 'held';
  if (service?.running !== true) return 'stopped';
  return listed ? 'up' : 'unregistered';
}

function limitsOf(spec: Spec, worker: WorkerSpec, stats: WorkerStats | undefined): WorkerStatus['limits'] {
  const table = stats?.Info.Resources.Resources;
  if (table === null || table === undefined) return worker.limits;
  const proof = sealProofNumber(spec.sectorSize, 'V1_1');
  const live: Partial<Record<TaskCode, number>> = {};
  for (const [name, byProof] of Object.entries(table)) {
    const limit = byProof[proof]?.MaxConcurrent ?? 0;
    for (const code of codeOf(name)) if (limit > 0) live[code] = limit;
  }
  return live;
}

function countsOf(stats: WorkerStats | undefined): WorkerStatus['counts'] {
  const counts: Partial<Record<TaskCode, number>> = {};
  for (const [key, count] of Object.entries(stats?.TaskCounts ?? {}))
    for (const code of codeOf(parseSealTask(key).task)) counts[code] = (counts[code] ?? 0) + count;
  return counts;
}

function runningTasks(
  worker: ListedWorker | undefined,
  usage: FleetUsage | undefined,
  now: number,
): RunningTask[] {
  return (worker?.jobs ?? []).map(({ task, sector, runWait, start }) => {
    const elapsedMs = Math.max(0, now - Date.parse(start));
    const usualMs = usage?.usual.get(task);
    return {
      task: codeOf(task)[0] ?? task,
      sector,
      phase: taskPhaseOf(runWait),
      elapsedMs,
      ...(usualMs === undefined ? {} : { usualMs, leftMs: leftMs(elapsedMs, usualMs) }),
    };
  });
}

function resourceUse({ Info, CpuUse, MemUsedMin, GpuUsed }: WorkerStats): ResourceUse {
  const { CPUs, MemPhysical, MemUsed, GPUs } = Info.Resources;
  return {
    cpus: { used: CpuUse, total: CPUs },
    memory: { usedBytes: Math.max(MemUsedMin, MemUsed), totalBytes: MemPhysical },
    gpus: { used: GpuUsed, names: GPUs ?? [] },
  };
}

function storageOf(
  paths: readonly {
    readonly id: string;
    readonly localPath: string;
    readonly canSeal: boolean;
    readonly canStore: boolean;
  }[],
  usage: FleetUsage | undefined,
): StorageUse[] {
  return paths.map(({ id, localPath, canSeal, canStore }) => {
    const known = usage?.paths.get(id);
    const use = canSeal ? (canStore ? 'seal+store' : 'seal') : canStore ? 'store' : 'read-only';
    const base = { id, path: localPath, use, sectors: known?.sectors ?? 0 } as const;
    if (known === undefined) return { ...base, problem: 'not declared at the miner' };
    if ('unreachable' in known.freeSpace) return { ...base, problem: known.freeSpace.unreachable };
    const { Capacity, FSAvailable, Reserved, Max, Used } = known.freeSpace;
    const limited = Max > 0;
    return {
      ...base,
      space: {
        usedBytes: limited ? Used : Capacity - FSAvailable,
        totalBytes: limited ? Max : Capacity,
        reservedBytes: Reserved,
      },
    };
  });
}

/** The code of a task's name; none for a name this sealctl does not know. */
function codeOf(name: string): TaskCode[] {
  const type = taskByName(name);
  return type === undefined ? [] : [type.code];
}
