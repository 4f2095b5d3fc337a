import { sectorSize } from '@sealctl/core/lotus/sector-size';
import type { Loading } from './loading.ts';
import type { Origins, ResourceOverride, WorkerSpec } from './spec.ts';

const suffixOf: Readonly<Record<keyof ResourceOverride, string>> = {
  minMemory: 'MIN_MEMORY',
  maxMemory: 'MAX_MEMORY',
  baseMinMemory: 'BASE_MIN_MEMORY',
  gpuUtilization: 'GPU_UTILIZATION',
  maxParallelism: 'MAX_PARALLELISM',
  maxParallelismGpu: 'MAX_PARALLELISM_GPU',
};

/** Reports variables of `env` that `limits` or `resources` also set. */
export function checkStatedTwice(
  loading: Loading,
  worker: Pick<WorkerSpec, 'limits' | 'resources' | 'env'>,
  origins: Origins,
): void {
  const size = sectorSize(loading.sectorSize).short;
  const complain = (task: string, suffix: string, key: string): void => {
    for (const name of [`${task}_${size}_${suffix}`, `${task}_${suffix}`]) {
      if (worker.env[name] === undefined) continue;
      loading.report.add({
        code: 'stated-twice',
        summary: `${name} is also set by "${key}"`,
        range: origins[`env.${name}`]?.range,
        why: `"${key}" sets the same variable, and one value would override the other`,
        fix: `take it out of "env", or "${key}" out`,
      });
    }
  };
  for (const task of Object.keys(worker.limits)) complain(task, 'MAX_CONCURRENT', `limits.${task}`);
  for (const [task, override] of Object.entries(worker.resources)) {
    for (const field of Object.keys(override) as (keyof ResourceOverride)[])
      complain(task, suffixOf[field], `resources.${task}.${field}`);
  }
}
