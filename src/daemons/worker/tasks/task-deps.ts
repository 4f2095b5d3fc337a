import { join } from 'node:path';
import type { Logger } from 'pino';
import { availableParallelism } from 'node:os';
import type { CallId } from '@sealctl/core/lotus/rpc-values';
import type { CallStatus } from '@sealctl/core/lotus/sealing-values';
import type { WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';
import { resourceTableOf, type Environment } from '@sealctl/core/lotus/resource-env';
import { taskNameOf, type TaskCode } from '@sealctl/core/lotus/task-type';
import type { SectorFileTypeName } from '@sealctl/core/lotus/sector-file';
import type { LocalStorage } from '../../base/storage/local-storage.ts';
import type { SectorIndex } from '../../base/storage/storage-index.ts';
import type { AcquireRequest, HeldFiles, SectorFiles } from '../../base/transfer/sector-files.ts';
import type { CallContext } from '../calls/calls.ts';
import type { ComputeJobRunner } from '../compute/run-job.ts';
import type { TaskNeeds } from '../compute/allocations.ts';
import type { SectorOfTask } from './values.ts';
import { sizedOf } from './values.ts';

/** The parts of the worker that its tasks use. */
export interface TaskDeps {
  readonly files: SectorFiles;
  readonly storage: LocalStorage;
  readonly index: SectorIndex;
  readonly jobs: ComputeJobRunner;
  readonly settings: TaskSettings;
  /** Reads the status of a call from the miner. */
  readonly callStatus: (call: CallId, method: WorkerTaskMethod) => Promise<CallStatus>;
  readonly log: Logger;
}

/** The operator's settings for the tasks. */
export interface TaskSettings {
  readonly env: Environment;
  /** Commands that replace a step; our kernels run a step without one. */
  readonly externalPrecommit2?: string;
  readonly externalCommit2?: string;
  readonly externalUpdate2?: string;
  readonly gpuProving: boolean;
}

/** Threads and GPUs that the resource table grants a task. For threads, -1 and 0 mean 92 % of the CPUs. */
export function needsOf(code: TaskCode, proof: number, env: Environment): TaskNeeds {
  const cpus = availableParallelism();
  const granted = resourceTableOf(env)[taskNameOf(code)]?.[proof];
  const threads = granted?.MaxParallelism ?? 0;
  return {
    threads: threads > 0 ? Math.min(threads, cpus) : Math.max(1, Math.floor(cpus * 0.92)),
    gpus: granted?.GPUUtilization ?? 0,
  };
}

/** Acquires the files of a task, runs it, and releases its reserved space. */
export async function holding<Result>(
  { files }: TaskDeps,
  of: SectorOfTask,
  { signal }: CallContext,
  wanted: Pick<AcquireRequest, 'existing' | 'allocate' | 'mode'>,
  work: (held: HeldFiles) => Promise<Result>,
): Promise<Result> {
  const held = await files.acquire({ ...sizedOf(of), use: 'sealing', signal, ...wanted });
  try {
    return await work(held);
  } finally {
    held.release();
  }
}

/** Directory for the temporary files of a task: the staging directory of its file. */
export function scratchOf(held: HeldFiles, type: SectorFileTypeName, name: string): string {
  const file = held.file(type);
  return join(file, '..', 'fetching', `${file.slice(file.lastIndexOf('/') + 1)}.${name}`);
}
