import type { TaskCode } from '@sealctl/core/lotus/task-type';
import type { TaskSetDraft } from './draft.ts';
import { pick, type Picked } from './layers.ts';
import { reportUnknown, valueRange } from './loading.ts';
import type { Resolving } from './resolving.ts';
import { readTaskName } from './task-names.ts';
import type { WorkerLayer, WorkerSource } from './worker.ts';

export interface WorkerTasks {
  readonly codes: readonly TaskCode[];
  /** The layers of the worker, including that of its task set, if any. */
  readonly layers: readonly WorkerLayer[];
  readonly picked?: Picked<unknown>;
}

/** Reads the tasks that a worker offers, and adds the layer of its task set. */
export function readTasks(resolving: Resolving, source: WorkerSource): WorkerTasks {
  const { loading } = resolving;
  const { layers } = source;
  const picked = pick(layers, 'tasks');
  if (picked === undefined) {
    reportMissing(resolving, source);
    return { codes: [], layers };
  }
  if (typeof picked.value !== 'string') return { codes: resolving.tasksOf(picked.value), layers, picked };
  const sets = loading.draft.taskSets ?? {};
  const set = Object.hasOwn(sets, picked.value) ? sets[picked.value] : undefined;
  if (set === undefined) {
    reportTaskSet(resolving, picked.value, picked);
    return { codes: [], layers, picked };
  }
  const list = isList(set) ? set : (set.tasks ?? []);
  return {
    codes: resolving.tasksOf(list),
    layers: isList(set) ? layers : withTaskSet(layers, picked.value, set),
    picked,
  };
}

/** Inserts the layer of the task set directly above the defaults. */
function withTaskSet(
  layers: readonly WorkerLayer[],
  name: string,
  set: Exclude<TaskSetDraft, readonly unknown[]>,
): readonly WorkerLayer[] {
  const defaults = layers.filter((layer) => layer.name === 'defaults');
  return [
    ...defaults,
    { name: 'task set', path: `taskSets.${name}`, values: set },
    ...layers.slice(defaults.length),
  ];
}

function isList(set: TaskSetDraft): set is Extract<TaskSetDraft, readonly unknown[]> {
  return Array.isArray(set);
}

function reportMissing(resolving: Resolving, source: WorkerSource): void {
  const { loading } = resolving;
  if (source.layers.some((layer) => loading.damaged.has(layer.values))) return;
  loading.report.add({
    code: 'missing-tasks',
    summary: `the worker ${source.host.name}/${source.name} does not say which tasks it offers`,
    range: loading.marks.keyRange(source.container, source.key),
    why: 'without a list Lotus would offer all of them, which is seldom meant',
    fix: 'add "tasks:" with a list or the name of a task set; "tasks: []" only fetches and finalizes',
  });
}

function reportTaskSet(resolving: Resolving, name: string, picked: Picked<unknown>): void {
  const { loading } = resolving;
  const task = readTaskName(name);
  reportUnknown(loading, {
    what: 'task set',
    name,
    known: Object.keys(loading.draft.taskSets ?? {}),
    range: valueRange(loading, picked.container, picked.key),
    ...(task && { fix: `for this one task write [${task.code}]` }),
    ...(/^(?:none|nothing|no|off)$/i.test(name) && { fix: 'for no tasks write []' }),
  });
}
