import { formatApiInfo } from '@sealctl/core/lotus/api-info';
import { resourceVariable, type ResourceSuffix } from '@sealctl/core/lotus/resource-env';
import type { SectorSize } from '@sealctl/core/lotus/sector-size';
import { taskTypes } from '@sealctl/core/lotus/task-type';
import type {
  HostSpec,
  MinerSpec,
  Origins,
  ResourceOverride,
  WorkerSpec,
  OriginKey,
} from '../../spec/spec.ts';
import type { Daemon } from './daemon.ts';
import type { EnvironmentVariable } from './environment-file.ts';
import type { Resource } from '../../model/kind.ts';

/** The environment of a daemon's process: a 0600 file that systemd or the supervisor reads when it starts it. */
export interface DaemonEnvironment {
  readonly daemon: Daemon;
  readonly variables: readonly WantedVariable[];
}

/** A variable and the key of cluster.yaml, inside the worker or the miner, that gave it. */
export interface WantedVariable extends EnvironmentVariable {
  readonly key: OriginKey;
}

/** The environment of a worker: the miner's address and token, its repo, limits, resources and GPUs, and `env` of cluster.yaml. */
export function workerEnvironment(
  daemon: Daemon,
  worker: WorkerSpec,
  gpuRuntime: HostSpec['gpuRuntime'],
  sectorSize: SectorSize,
  apiInfo: EnvironmentVariable['value'],
): Resource<DaemonEnvironment> {
  const variables = new Map<string, WantedVariable>();
  const set = setter(variables);
  // GPU locks of the proofs library lie in TMPDIR: workers that share it wait for each other's GPUs.
  set('TMPDIR', [`${worker.repo}/tmp`], 'repo');
  for (const [name, value] of Object.entries(worker.env)) set(name, [value], `env.${name}`);
  set('MINER_API_INFO', apiInfo, '');
  set('LOTUS_WORKER_PATH', [worker.repo], 'repo');
  if (worker.gpus !== undefined) {
    for (const [name, value] of gpuSelection(worker.gpus, gpuRuntime)) set(name, [value], 'gpus');
  }
  for (const { code } of taskTypes) {
    const limit = worker.limits[code];
    if (limit !== undefined) {
      set(resourceVariable(code, sectorSize, 'MAX_CONCURRENT'), [String(limit)], `limits.${code}`);
    }
    const override = worker.resources[code];
    if (override === undefined) continue;
    for (const [field, suffix] of overrideFields) {
      const value = override[field];
      if (value === undefined) continue;
      set(resourceVariable(code, sectorSize, suffix), [String(value)], `resources.${code}.${field}`);
    }
  }
  return resourceOf(daemon, [...variables.values()], worker.origins);
}

/** The environment of the miner, in addition to its own files. */
export function minerEnvironment(daemon: Daemon, miner: MinerSpec): Resource<DaemonEnvironment> {
  const variables = new Map<string, WantedVariable>();
  const set = setter(variables);
  for (const [name, value] of Object.entries(miner.env)) set(name, [value], `env.${name}`);
  set('LOTUS_MINER_PATH', [miner.repo], 'repo');
  return resourceOf(daemon, [...variables.values()], miner.origins);
}

/** `MINER_API_INFO` as workers of every Lotus version read it: the token, a colon, and a multiaddr. */
export function minerApiInfoTemplate({ token, advertise }: MinerSpec): EnvironmentVariable['value'] {
  const address = formatApiInfo({ address: { ...advertise, tls: false, path: '' } });
  return [token, `:${address}/http`];
}

const overrideFields: readonly (readonly [keyof ResourceOverride, ResourceSuffix])[] = [
  ['minMemory', 'MIN_MEMORY'],
  ['maxMemory', 'MAX_MEMORY'],
  ['baseMinMemory', 'BASE_MIN_MEMORY'],
  ['gpuUtilization', 'GPU_UTILIZATION'],
  ['maxParallelism', 'MAX_PARALLELISM'],
  ['maxParallelismGpu', 'MAX_PARALLELISM_GPU'],
];

function resourceOf(
  daemon: Daemon,
  variables: DaemonEnvironment['variables'],
  origins: Origins,
): Resource<DaemonEnvironment> {
  return {
    kind: 'environment',
    id: `${daemon.id}/env`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: { daemon, variables },
    origins,
  };
}

function setter(
  variables: Map<string, WantedVariable>,
): (name: string, value: EnvironmentVariable['value'], key: OriginKey) => void {
  return (name, value, key) => variables.set(name, { name, value, key });
}

/**
 * Bare metal is told by CUDA's own variable, a container by its runtime's. CUDA counts by speed unless told to count as nvidia-smi
 * does, which is what an index in cluster.yaml means.
 */
function gpuSelection(gpus: readonly string[], runtime: HostSpec['gpuRuntime']): [string, string][] {
  if (runtime === 'container')
    return [['NVIDIA_VISIBLE_DEVICES', gpus.length === 0 ? 'none' : gpus.join(',')]];
  return [
    ['CUDA_DEVICE_ORDER', 'PCI_BUS_ID'],
    ['CUDA_VISIBLE_DEVICES', gpus.join(',')],
  ];
}
