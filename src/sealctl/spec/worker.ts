import type { LayerDraft, StorageDraft, WorkerDraft } from './draft.ts';
import { checkArgs } from './arg-rules.ts';
import { builtIn, pick, type Layer, type Picked } from './layers.ts';
import { valueRange } from './loading.ts';
import { programOf } from './releases.ts';
import type { Resolving } from './resolving.ts';
import type { Origin, ProgramSpec, StoragePathSpec, WorkerSpec } from './spec.ts';
import { readStoragePath } from './storage.ts';
import { parseDuration } from '@sealctl/core/text/units';
import { readCpus, readHostPort, readMemoryLimit } from './values.ts';
import { readEnv, readLimits, readResources } from './worker-maps.ts';
import { checkStatedTwice } from './worker-rules.ts';
import { readTasks } from './worker-tasks.ts';

/** The keys of a worker that any layer may set. */
type WorkerValues = LayerDraft & WorkerDraft;
export type WorkerLayer = Layer<WorkerValues>;

/** The input of resolving a worker. */
export interface WorkerSource {
  readonly host: {
    readonly name: string;
    /** Default parent directory of the daemons' repos. */
    readonly repos: string;
  };
  readonly name: string;
  /** Weakest first, without the layer of its task set. */
  readonly layers: readonly WorkerLayer[];
  readonly nofile: Picked<number> | undefined;
  /** The map that contains the worker's entry. */
  readonly container: object;
  readonly key: string;
}

/** The placeholder for a missing program; a spec with errors is never returned. */
const noProgram: ProgramSpec = { file: '', sha256: '', requiresCpu: [] };

/** Resolves a worker with all layers. Reports problems, and replaces missing values by built-in ones. */
export function resolveWorker(resolving: Resolving, source: WorkerSource): WorkerSpec {
  const { loading, origins } = resolving;
  const tasks = readTasks(resolving, source);
  const layers = tasks.layers;
  const found: Record<string, Origin> = {};
  if (tasks.picked !== undefined) found['tasks'] = origins.of(tasks.picked);

  const value = <Key extends keyof WorkerValues>(key: Key) => {
    const picked = pick<WorkerValues, Key>(layers, key);
    if (picked !== undefined) found[key] = origins.of(picked);
    return picked;
  };
  const label = value('label');
  const release = readRelease(resolving, source, value('release'));
  const gpus = value('gpus');
  const cpus = value('cpus');
  const memory = value('memory');
  const listen = value('listen');
  const repo = value('repo');
  const unit = value('unit');
  const runAs = value('runAs');
  const args = value('args');
  const storage = value('storage');
  const drainTimeout = value('drainTimeout');
  if (source.nofile !== undefined) found['ulimits.nofile'] = origins.of(source.nofile);
  for (const [key, origin] of builtInOrigins) found[key] ??= origin;

  const limits = readLimits(resolving, layers, tasks.codes, found);
  const resources = readResources(resolving, layers, found);
  const env = readEnv(resolving, layers, found);
  checkStatedTwice(loading, { limits, resources, env }, found);
  if (args !== undefined) checkArgs(loading, args.value);

  const cpuList = cpus && readCpus(loading, cpus.container, cpus.key, cpus.value);
  const memoryBytes = memory && readMemoryLimit(loading, memory.container);
  const host = source.host.name;
  // Built step by step: conditional spreads would take a third of the time of loading a large cluster.
  const worker: Mutable<WorkerSpec> = {
    host,
    name: source.name,
    label: label?.value ?? defaultLabel(host, source.name, loading.draft.miner?.host),
    release,
    tasks: tasks.codes,
    limits,
    resources,
    env,
    listen: (listen && readHostPort(loading, listen.container, 'listen', listen.value)) ?? defaultListen,
    repo: repo?.value ?? `${source.host.repos}/${source.name}`,
    args: (args?.value ?? []).filter((word) => word !== undefined),
    storage: storage ? readStorage(resolving, source, storage) : [],
    ulimits: { nofile: source.nofile?.value ?? defaultNofile },
    drainTimeoutMs: (drainTimeout && parseDuration(drainTimeout.value)) ?? defaultDrainTimeoutMs,
    origins: found,
  };
  if (gpus !== undefined && gpus.value !== 'all') worker.gpus = readGpus(resolving, gpus.value);
  if (cpuList !== undefined) worker.cpus = cpuList;
  if (memoryBytes !== undefined) worker.memoryBytes = memoryBytes;
  if (unit !== undefined) worker.unit = unit.value;
  if (runAs !== undefined) worker.runAs = runAs.value;
  return worker;
}

/**
 * The default label of a worker. The miner's built-in worker has the name of the machine, so a worker on the same host needs another one.
 */
function defaultLabel(host: string, name: string, minerHost: string | undefined): string {
  return name === 'main' && host !== minerHost ? host : `${host}-${name}`;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const defaultDrainTimeoutMs = 12 * 3_600_000;
const builtInOrigins = ['listen', 'repo', 'drainTimeout', 'gpus', 'label', 'ulimits.nofile'].map(
  (key) => [key, builtIn(`defaults.${key}`)] as const,
);
const defaultListen = { host: '0.0.0.0', port: 3456 };
export const defaultNofile = 1_048_576;

function readRelease(
  resolving: Resolving,
  source: WorkerSource,
  picked: Picked<string> | undefined,
): WorkerSpec['release'] {
  const { loading } = resolving;
  if (picked === undefined) {
    if (!source.layers.some((layer) => loading.damaged.has(layer.values))) {
      loading.report.add({
        code: 'missing-release',
        summary: `the worker ${source.host.name}/${source.name} has no release`,
        range: loading.marks.keyRange(source.container, source.key),
        fix: 'name a release in "defaults", or here',
      });
    }
    return { name: '', worker: noProgram };
  }
  const range = valueRange(loading, picked.container, picked.key);
  const worker = programOf(loading, resolving.releases, { release: picked.value, role: 'worker', range });
  return { name: picked.value, worker: worker ?? noProgram };
}

function readGpus(resolving: Resolving, list: readonly (string | number | undefined)[]): string[] {
  const { loading } = resolving;
  const gpus: string[] = [];
  for (const [index, gpu] of list.entries()) {
    if (gpu === undefined) continue;
    const text = String(gpu);
    const valid = /^\d+$|^(?:GPU|MIG)-[0-9A-Za-z/-]+$/.test(text);
    if (!valid || gpus.includes(text)) {
      loading.report.add({
        code: valid ? 'gpu-twice' : 'bad-value',
        summary: valid ? `GPU ${text} is listed twice` : `"${text}" is not a GPU`,
        range: valueRange(loading, list, index),
        fix: valid ? 'leave one out' : 'write an index such as 0, or a UUID as nvidia-smi -L shows it',
      });
    }
    gpus.push(text);
  }
  return gpus;
}

function readStorage(
  resolving: Resolving,
  source: WorkerSource,
  picked: Picked<readonly (StorageDraft | undefined)[]>,
): StoragePathSpec[] {
  const share = resolving.groups.of(source.host.name, source.name);
  return picked.value
    .filter((draft) => draft !== undefined)
    .filter((draft) => draft.path !== undefined)
    .map((draft, index) =>
      readStoragePath(
        resolving.loading,
        draft,
        { layer: picked.layer, path: `${picked.path}.storage[${index}]` },
        share,
      ),
    );
}
