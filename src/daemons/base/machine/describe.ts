import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import { resourceTableOf, type Environment } from '@sealctl/core/lotus/resource-env';
import type { WorkerInfo } from '@sealctl/core/lotus/rpc-values';
import { readGpus } from './gpus.ts';
import { readMachineMemory } from './memory.ts';

export interface MachineOptions {
  /** Name of the machine in listings. */
  readonly hostname: string;
  /** Report no swap. */
  readonly noSwap: boolean;
  /** False: no proof uses a GPU, so none is offered to the scheduler. */
  readonly gpuProving: boolean;
  readonly ignoreResources: boolean;
  readonly env: Environment;
}

/** The resources of this process, read now; CPUs are those that its affinity allows. Source: docs/spec/lotus.md section 6.4. */
export async function describeMachine(options: MachineOptions, log: Logger): Promise<WorkerInfo> {
  const memory = await readMachineMemory();
  const { gpus, complaint } = options.gpuProving ? await readGpus(options.env) : { gpus: [] };
  if (complaint !== undefined) log.warn({ complaint }, 'nvidia-smi failed; the miner is offered no GPU');
  return {
    Hostname: options.hostname,
    IgnoreResources: options.ignoreResources,
    Resources: {
      MemPhysical: memory.physical,
      MemUsed: memory.used,
      MemSwap: options.noSwap ? 0 : memory.swap,
      MemSwapUsed: options.noSwap ? 0 : memory.swapUsed,
      CPUs: availableParallelism(),
      GPUs: gpus.map((gpu) => gpu.name),
      Resources: resourceTableOf(options.env),
    },
  };
}
