import { isGpu } from '../../kinds/daemon/process-limits.ts';
import type { HostFacts } from '../../host/probe/facts.ts';
import type { Problem } from '@sealctl/core/problem/problem';
import type { HostSpec, WorkerSpec } from '../../spec/spec.ts';
import { formatBytes } from '@sealctl/core/text/units';

/**
 * What the workers of a host claim together and the machine does not have: one GPU under two names, by index and by UUID, and more
 * memory than there is. What can be told without looking at the host is told when cluster.yaml is read.
 */
export function colocatedWorkerFindings(
  { name, workers }: HostSpec,
  facts: Pick<HostFacts, 'gpus' | 'memoryBytes'>,
): Problem[] {
  return [...gpuFindings(name, workers, facts), ...memoryFindings(name, workers, facts)];
}

function gpuFindings(
  host: string,
  workers: readonly WorkerSpec[],
  { gpus }: Pick<HostFacts, 'gpus'>,
): Problem[] {
  return gpus.flatMap((gpu): Problem[] => {
    const claims = workers.flatMap((worker) =>
      (worker.gpus ?? [])
        .filter((wanted) => isGpu(wanted, gpu))
        .map((wanted) => ({ worker: worker.name, wanted })),
    );
    if (new Set(claims.map(({ worker }) => worker)).size < 2) return [];
    return [
      {
        code: 'gpu-conflict',
        severity: 'error',
        summary: `GPU ${gpu.index} (${gpu.uuid}) of ${host} is given to several workers`,
        where: { in: 'host', host },
        why: `${claims.map(({ worker, wanted }) => `${worker} names it ${wanted}`).join(', ')}; the miner would reserve it for each`,
        fix: 'give each worker GPUs of its own with `gpus`',
      },
    ];
  });
}

function memoryFindings(
  host: string,
  workers: readonly WorkerSpec[],
  { memoryBytes }: Pick<HostFacts, 'memoryBytes'>,
): Problem[] {
  const limited = workers.filter((worker) => worker.memoryBytes !== undefined);
  const sum = limited.reduce((bytes, worker) => bytes + (worker.memoryBytes ?? 0), 0);
  if (sum <= memoryBytes) return [];
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)}GiB`;
  const shares = limited.map((worker) => `${worker.name} ${formatBytes(worker.memoryBytes ?? 0)}`);
  return [
    {
      code: 'memory-overcommitted',
      severity: 'warning',
      summary: `the workers of ${host} may use ${gib(sum)} of memory together, but the host has ${gib(memoryBytes)}`,
      where: { in: 'host', host },
      why: `${shares.join(', ')}; the miner schedules tasks by these shares, and the kernel kills processes when memory runs out`,
      fix: 'lower `memory` of the workers',
    },
  ];
}
