import type { Resources } from '@sealctl/core/lotus/resource-table';
import type { TaskCode } from '@sealctl/core/lotus/task-type';
import { taskNameOf, taskTypes } from '@sealctl/core/lotus/task-type';
import type { WorkerInfo } from '@sealctl/core/lotus/rpc-values';
import type { ResourceName, WaitReason } from './reason.ts';
import type { SchedulePolicy } from './snapshot.ts';

/** Resources that the tasks of one worker use in total. Memory in bytes. */
export interface ResourceUsage {
  memoryMin: number;
  memoryMax: number;
  cpu: number;
  gpu: number;
  /** Numbers of tasks by `countKey`. A task that is being prepared also counts as one GET. */
  readonly counts: Map<number, number>;
  tasks: number;
}

/** Resources that one task uses on one machine. */
export interface Demand {
  readonly resources: Resources;
  readonly threads: number;
  /** 0 where the machine has no GPU: the demand is in threads then. */
  readonly gpu: number;
}

/** A machine without tasks. */
export function noUsage(): ResourceUsage {
  return { memoryMin: 0, memoryMax: 0, cpu: 0, gpu: 0, counts: new Map(), tasks: 0 };
}

/** The demand of a task by the worker's resource table, or the miner's where the worker's has no entry. */
export function demandOf(
  info: WorkerInfo,
  task: TaskCode,
  proof: number,
  policy: Pick<SchedulePolicy, 'defaultResources'>,
): Demand {
  const own = info.Resources.Resources?.[taskNameOf(task)]?.[proof];
  const resources = own ?? policy.defaultResources(task, proof);
  const gpus = info.Resources.GPUs?.length ?? 0;
  const gpu = gpus > 0 ? resources.GPUUtilization : 0;
  const wanted =
    gpu > 0 && resources.MaxParallelismGPU !== 0 ? resources.MaxParallelismGPU : resources.MaxParallelism;
  return { resources, gpu, threads: wanted === -1 ? maxThreads(info.Resources.CPUs) : wanted };
}

/** Adds a task, or removes it with `times` -1. As in Lotus, base memory is required for each new task but not added. */
export function addTo(
  usage: ResourceUsage,
  task: TaskCode,
  proof: number,
  demand: Demand,
  preparing: boolean,
  times: 1 | -1 = 1,
): void {
  usage.memoryMin += times * demand.resources.MinMemory;
  usage.memoryMax += times * demand.resources.MaxMemory;
  usage.cpu += times * demand.threads;
  usage.gpu += times * demand.gpu;
  usage.tasks += times;
  const keys =
    preparing && task !== 'GET' ? [countKey(task, proof), countKey('GET', proof)] : [countKey(task, proof)];
  for (const key of keys) usage.counts.set(key, (usage.counts.get(key) ?? 0) + times);
}

const positions: ReadonlyMap<TaskCode, number> = new Map(
  taskTypes.map(({ code }, position) => [code, position]),
);
/** More than there are registered proofs. */
const proofSpan = 256;

/** The key of a task type and its exact proof number. It is a number because every task looks up several. */
export function countKey(task: TaskCode, proof: number): number {
  return (positions.get(task) ?? positions.size) * proofSpan + proof;
}

const idle: ResourceUsage = noUsage();

/** What a machine lacks for a task even when idle. */
export function tooSmallReason(info: WorkerInfo, demand: Demand): WaitReason | undefined {
  return lackOf(info, idle, demand);
}

/**
 * Returns why a machine with this usage cannot take one more task; undefined where it can. The rules are those of docs/spec/lotus.md
 * section 12.4, computed with signed numbers, so that an overcommitted machine takes no task that needs a resource it lacks. A machine
 * that lacks a resource even when idle is too small, whatever else it lacks now: waiting for it is in vain. `fetchLimit` is the GET limit,
 * for a task whose files are fetched first.
 */
export function resourceReason(
  info: WorkerInfo,
  usage: ResourceUsage,
  task: TaskCode,
  proof: number,
  demand: Demand,
  fetchLimit: number,
): WaitReason | undefined {
  const tooSmall = tooSmallReason(info, demand);
  if (tooSmall !== undefined) return tooSmall;
  const limit = demand.resources.MaxConcurrent;
  if (limit > 0 && (usage.counts.get(countKey(task, proof)) ?? 0) >= limit)
    return { because: 'limit', task, limit };
  if (fetchLimit > 0 && (usage.counts.get(countKey('GET', proof)) ?? 0) >= fetchLimit)
    return { because: 'limit', task: 'GET', limit: fetchLimit };
  return lackOf(info, usage, demand);
}

/** The first resource that a machine with this usage lacks. */
function lackOf(
  info: WorkerInfo,
  usage: ResourceUsage,
  { resources, threads, gpu }: Demand,
): WaitReason | undefined {
  if (info.IgnoreResources) return undefined;
  const machine = info.Resources;
  const base = resources.BaseMinMemory;
  const virtual = machine.MemPhysical + machine.MemSwap;
  const othersUse = machine.MemUsed + machine.MemSwapUsed;
  const gpus = machine.GPUs?.length ?? 0;
  return (
    lacking(
      'memory',
      resources.MinMemory + base,
      machine.MemPhysical - usage.memoryMin,
      machine.MemPhysical,
    ) ??
    lacking(
      'memory with swap',
      resources.MaxMemory + base,
      virtual - Math.max(usage.memoryMax, othersUse),
      virtual - othersUse,
    ) ??
    lacking('CPU threads', threads, machine.CPUs - usage.cpu, machine.CPUs) ??
    (gpu > 0 ? lacking('GPUs', gpu, gpus - usage.gpu, gpus) : undefined)
  );
}

function lacking(resource: ResourceName, needs: number, free: number, has: number): WaitReason | undefined {
  if (needs <= 0 || needs <= free) return undefined;
  return needs > has
    ? { because: 'too-small', resource, needs, has }
    : { because: 'busy', resource, needs, free };
}

/** Utilization of a machine: the largest share of any resource, 0 for idle; a machine without figures counts as idle. */
export function utilizationOf(info: WorkerInfo, usage: ResourceUsage): number {
  const machine = info.Resources;
  return Math.max(
    share(usage.cpu, machine.CPUs),
    share(usage.memoryMin, machine.MemPhysical),
    share(
      Math.max(usage.memoryMax, machine.MemUsed + machine.MemSwapUsed),
      machine.MemPhysical + machine.MemSwap,
    ),
    share(usage.gpu, machine.GPUs?.length ?? 0),
  );
}

function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

/** 92 % of the CPUs, or all CPUs where that rounds to 0. */
function maxThreads(cpus: number): number {
  return Math.floor((cpus * 92) / 100) || cpus;
}
