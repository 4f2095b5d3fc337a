import {
  impliedTasks,
  inTaskOrder,
  taskByCode,
  taskTypes,
  type TaskCode,
} from '@sealctl/core/lotus/task-type';
import { valueRange, reportUnknown, type Loading } from './loading.ts';
import type { SourceRange } from '@sealctl/core/problem/problem';
import { readTaskName } from './task-names.ts';

/** Task types that exclude all others on a worker. */
const postTasks: ReadonlySet<TaskCode> = new Set(['WNP', 'WDP']);

/** Reads the name of a task; reports a wrong spelling. */
export function readTask(
  loading: Loading,
  name: string,
  range: SourceRange | undefined,
): TaskCode | undefined {
  const reading = readTaskName(name);
  if (reading === undefined) {
    const isSet = Object.hasOwn(loading.draft.taskSets ?? {}, name);
    const fix = `"${name}" is a task set: write it alone, as "tasks: ${name}", or list its tasks here`;
    const known = taskTypes.map((type) => type.code);
    reportUnknown(loading, { what: 'task', name, known, range, ...(isSet && { fix }) });
    return undefined;
  }
  if (reading.spelling !== undefined) {
    loading.report.add({
      code: 'task-spelling',
      severity: 'warning',
      summary: `"${name}" is taken for ${reading.code}`,
      range,
      why: reading.spelling,
      fix: `write ${reading.code}`,
    });
  }
  return reading.code;
}

/** Reads a key of `limits`, `resources` or `keepServing` as a task. */
export function readTaskKey(loading: Loading, map: object, key: string): TaskCode | undefined {
  // Fast path: almost every key is a code.
  const exact = taskByCode(key);
  return exact === undefined ? readTask(loading, key, loading.marks.keyRange(map, key)) : exact.code;
}

/**
 * Reads the tasks of a worker, in Lotus's order. Omits tasks that every worker accepts, with a warning. Reports task types that cannot be
 * combined on a worker.
 */
export function readWorkerTasks(loading: Loading, list: readonly (string | undefined)[]): TaskCode[] {
  const codes = new Set<TaskCode>();
  for (const [index, name] of list.entries()) {
    if (name === undefined) continue;
    const range = valueRange(loading, list, index);
    const code = readTask(loading, name, range);
    if (code === undefined) continue;
    if (impliedTasks.includes(code)) {
      loading.report.add({
        code: 'implied-task',
        severity: 'warning',
        summary: `${code} need not be listed`,
        range,
        why: 'every sealing worker offers it, whatever its flags, and it cannot be switched off',
        fix: `leave ${code} out`,
      });
      continue;
    }
    if (codes.has(code)) {
      loading.report.add({
        code: 'task-twice',
        severity: 'warning',
        summary: `${code} is listed twice`,
        range,
        fix: 'leave one out',
      });
    }
    codes.add(code);
  }
  const post = [...codes].filter((code) => postTasks.has(code));
  if (post.length > 0 && codes.size > 1) {
    loading.report.add({
      code: 'mixed-tasks',
      summary: `${post.join(' and ')} cannot share a worker with ${[...codes].filter((code) => code !== post[0]).join(', ')}`,
      range: loading.marks.range(list),
      why: 'Lotus refuses to start a worker that does window PoSt, winning PoSt or sealing beside another of the three',
      fix: 'give each its own worker',
    });
  }
  return inTaskOrder(codes);
}
