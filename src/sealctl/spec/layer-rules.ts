import { taskTypes } from '@sealctl/core/lotus/task-type';
import type { LayerDraft, StorageDraft } from './draft.ts';
import type { Resolving } from './resolving.ts';
import type { LayerName } from './spec.ts';
import { readStoragePath } from './storage.ts';
import { readCpus, readHostPort, readMemoryLimit } from './values.ts';
import { readEnv, readLimits, readResources } from './worker-maps.ts';
import { programOf } from './releases.ts';
import { valueRange } from './loading.ts';

const everyTask = taskTypes.map((type) => type.code);

/** Checks the layers that several workers share, including unused ones, so that mistakes are found before a worker uses them. */
export function checkSharedLayers(resolving: Resolving): void {
  const { draft } = resolving.loading;
  if (draft.defaults !== undefined) checkLayer(resolving, 'defaults', 'defaults', draft.defaults);
  for (const [name, values] of Object.entries(draft.profiles ?? {})) {
    if (values !== undefined) checkLayer(resolving, 'profile', `profiles.${name}`, values);
  }
  for (const [name, set] of Object.entries(draft.taskSets ?? {})) {
    if (set === undefined) continue;
    if (isList(set)) {
      resolving.tasksOf(set);
    } else {
      resolving.tasksOf(set.tasks ?? []);
      checkMaps(resolving, 'task set', `taskSets.${name}`, set);
    }
  }
}

function checkLayer(resolving: Resolving, layer: LayerName, path: string, values: LayerDraft): void {
  const { loading } = resolving;
  checkMaps(resolving, layer, path, values);
  if (values.tasks !== undefined && typeof values.tasks !== 'string') resolving.tasksOf(values.tasks);
  if (values.listen !== undefined) readHostPort(loading, values, 'listen', values.listen);
  if (values.cpus !== undefined) readCpus(loading, values, 'cpus', values.cpus);
  readMemoryLimit(loading, values);
  if (values.release !== undefined) {
    const range = valueRange(loading, values, 'release');
    programOf(loading, resolving.releases, { release: values.release, role: 'either', range });
  }
  for (const [index, storage] of (values.storage ?? []).entries()) {
    if (storage === undefined) continue;
    const place = { layer, path: `${path}.storage[${index}]` };
    readStoragePath(loading, storage satisfies StorageDraft, place, undefined);
  }
}

function checkMaps(
  resolving: Resolving,
  name: LayerName,
  path: string,
  values: Pick<LayerDraft, 'limits' | 'resources' | 'env'>,
): void {
  const layers = [{ name, path, values }];
  readLimits(resolving, layers, everyTask, {});
  readResources(resolving, layers, {});
  readEnv(resolving, layers, {});
}

function isList(value: unknown): value is readonly (string | undefined)[] {
  return Array.isArray(value);
}
