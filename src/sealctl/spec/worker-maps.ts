import { impliedTasks, taskTypes, type TaskCode } from '@sealctl/core/lotus/task-type';
import type { SecretRef } from '@sealctl/core/secret/secret';
import { checkEnvEntry } from './env-rules.ts';
import { pickEntries, type Picked } from './layers.ts';
import { valueRange, type Loading } from './loading.ts';
import type { Resolving } from './resolving.ts';
import type { Origin, ResourceOverride } from './spec.ts';
import { readTaskName } from './task-names.ts';
import { readTaskKey } from './tasks.ts';
import { readBytes, readSecret, type SecretDraft } from './values.ts';
import type { WorkerLayer } from './worker.ts';

const withoutTable: ReadonlySet<string> = new Set(
  taskTypes.filter((type) => !type.table).map((type) => type.code),
);

/**
 * Returns the limits of a worker. Omits limits of shared layers for tasks that the worker does not offer, so that a changed default affects
 * only the workers it concerns. Keeps such a limit of the host or worker itself, with a warning.
 */
export function readLimits(
  resolving: Resolving,
  layers: readonly WorkerLayer[],
  tasks: readonly TaskCode[],
  found: Record<string, Origin>,
): Partial<Record<TaskCode, number>> {
  const { loading } = resolving;
  const limits: Partial<Record<TaskCode, number>> = {};
  for (const [code, picked] of pickTasks<number>(loading, layers, 'limits')) {
    if (!checkTable(loading, code, picked, 'limit') || !checkLimit(loading, code, picked)) continue;
    const offered = tasks.includes(code) || impliedTasks.includes(code);
    const own = picked.layer === 'host' || picked.layer === 'worker';
    if (!offered && !own) continue;
    if (!offered) {
      loading.report.add({
        code: 'limit-without-task',
        severity: 'warning',
        summary: `a limit for ${code}, which this worker does not offer`,
        range: loading.marks.keyRange(picked.container, picked.key),
        why: 'it matters only once the task is switched on',
        fix: `add ${code} to "tasks", or take the limit out`,
      });
    }
    limits[code] = picked.value;
    found[`limits.${code}`] = resolving.origins.of(picked);
  }
  return limits;
}

/** Returns the resource overrides of a worker, in Lotus's units. */
export function readResources(
  resolving: Resolving,
  layers: readonly WorkerLayer[],
  found: Record<string, Origin>,
): Partial<Record<TaskCode, ResourceOverride>> {
  const { loading } = resolving;
  const resources: Partial<Record<TaskCode, ResourceOverride>> = {};
  for (const [code, picked] of pickTasks<ResourceDraft>(loading, layers, 'resources')) {
    if (!checkTable(loading, code, picked, 'resource override')) continue;
    resources[code] = readOverride(loading, code, picked);
    found[`resources.${code}`] = resolving.origins.of(picked);
  }
  return resources;
}

/** Returns the environment of a worker, with values as written. */
export function readEnv(
  resolving: Resolving,
  layers: readonly WorkerLayer[],
  found: Record<string, Origin>,
): Record<string, string | SecretRef> {
  const env: Record<string, string | SecretRef> = {};
  for (const [name, picked] of pickEntries<EnvDraft>(layers, 'env', (key) => key)) {
    const value = readEnvValue(resolving.loading, picked);
    if (value === undefined) continue;
    checkEnvEntry(resolving.loading, name, { ...picked, value });
    env[name] = value;
    found[`env.${name}`] = resolving.origins.of(picked);
  }
  return env;
}

export type EnvDraft = string | number | boolean | SecretDraft;

/** Reads a value of the environment. Numbers and booleans keep their spelling: `0x10` stays `0x10`. */
export function readEnvValue(
  loading: Loading,
  picked: Pick<Picked<EnvDraft>, 'value' | 'container' | 'key'>,
): string | SecretRef | undefined {
  const { value } = picked;
  if (typeof value === 'string') return value;
  if (typeof value === 'object') return readSecret(loading, value);
  const written = loading.marks.writtenText(picked.container, picked.key) ?? '';
  return /^[\w.+-]+$/.test(written) ? written : String(value);
}

type ResourceDraft = { readonly [Key in keyof ResourceOverride]?: string | number | undefined };

function readOverride(loading: Loading, code: TaskCode, picked: Picked<ResourceDraft>): ResourceOverride {
  const draft = picked.value;
  const override: { -readonly [Key in keyof ResourceOverride]: ResourceOverride[Key] } = {};
  for (const key of ['minMemory', 'maxMemory', 'baseMinMemory'] as const) {
    const bytes = readBytes(loading, draft, key);
    if (bytes !== undefined) override[key] = bytes;
  }
  for (const key of ['gpuUtilization', 'maxParallelism', 'maxParallelismGpu'] as const) {
    const value = draft[key];
    if (typeof value === 'number') override[key] = value;
  }
  if ((override.minMemory ?? 0) > (override.maxMemory ?? Infinity)) {
    loading.report.add({
      code: 'memory-order',
      summary: `minMemory of ${code} is greater than its maxMemory`,
      range: valueRange(loading, draft, 'minMemory'),
      why: 'minMemory is what a task needs as RAM, maxMemory its peak of RAM and swap, which is never less',
      fix: 'raise maxMemory or lower minMemory',
    });
  }
  return override;
}

function pickTasks<Value>(
  loading: Loading,
  layers: readonly WorkerLayer[],
  key: 'limits' | 'resources',
): [TaskCode, Picked<Value>][] {
  const entries = pickEntries<Value>(layers, key, (task, map) => {
    const code = readTaskKey(loading, map, task);
    if (code !== undefined && code !== task) checkSaidOnce(loading, { map, task, code });
    return code;
  });
  return [...entries] as [TaskCode, Picked<Value>][];
}

/** Reports two entries for one task under different names, of which one would be silently ignored. */
function checkSaidOnce(
  loading: Loading,
  { map, task, code }: { readonly map: object; readonly task: string; readonly code: TaskCode },
): void {
  const other = Object.keys(map).find((name) => name !== task && readTaskName(name)?.code === code);
  if (other === undefined) return;
  loading.report.add({
    code: 'task-twice',
    summary: `"${task}" and "${other}" are the same task, ${code}`,
    range: loading.marks.keyRange(map, task),
    fix: `keep one of the two, as ${code}`,
  });
}

/** Returns false and reports an error for task types without an entry in Lotus's resource table. */
function checkTable(loading: Loading, code: TaskCode, picked: Picked<unknown>, what: string): boolean {
  if (!withoutTable.has(code)) return true;
  loading.report.add({
    code: 'ignored-by-lotus',
    summary: `a ${what} for ${code} has no effect`,
    range: loading.marks.keyRange(picked.container, picked.key),
    why: `Lotus keeps no resource table for ${[...withoutTable].join(', ')} and silently ignores such variables`,
    fix: 'take it out',
  });
  return false;
}

function checkLimit(loading: Loading, code: TaskCode, picked: Picked<number>): boolean {
  if (picked.value >= 1) return true;
  loading.report.add({
    code: 'bad-limit',
    summary: `the limit of ${code} cannot be ${picked.value}`,
    range: valueRange(loading, picked.container, picked.key),
    why: 'Lotus takes 0 for "no limit", not for "none"',
    fix: `for no limit leave it out, or write null to take away a default; for none take ${code} out of "tasks"`,
  });
  return false;
}
