/**
 * Lotus's task types: short code, the name on the wire, and the order in which the scheduler and listings sort them. `toggle` marks
 * those that `tasks enable|disable` accepts; `table` those with a resource table entry and env overrides.
 * Source: docs/spec/lotus.md section 6.1.
 */
export const taskTypes = [
  { code: 'WNP', name: 'post/v0/winningproof', order: -6, toggle: false, table: true },
  { code: 'WDP', name: 'post/v0/windowproof', order: -5, toggle: false, table: true },
  { code: 'FUS', name: 'seal/v0/finalizeunsealed', order: -4, toggle: false, table: false },
  { code: 'FIN', name: 'seal/v0/finalize', order: -3, toggle: false, table: false },
  { code: 'DL', name: 'seal/v0/download/sector', order: -2, toggle: false, table: false },
  { code: 'GET', name: 'seal/v0/fetch', order: -1, toggle: false, table: true },
  { code: 'FRU', name: 'seal/v0/finalize/replicaupdate', order: 0, toggle: false, table: false },
  { code: 'UNS', name: 'seal/v0/unseal', order: 1, toggle: true, table: true },
  { code: 'C1', name: 'seal/v0/commit/1', order: 2, toggle: false, table: true },
  { code: 'C2', name: 'seal/v0/commit/2', order: 3, toggle: true, table: true },
  { code: 'PC2', name: 'seal/v0/precommit/2', order: 4, toggle: true, table: true },
  { code: 'PC1', name: 'seal/v0/precommit/1', order: 5, toggle: true, table: true },
  { code: 'PR1', name: 'seal/v0/provereplicaupdate/1', order: 6, toggle: false, table: true },
  { code: 'PR2', name: 'seal/v0/provereplicaupdate/2', order: 7, toggle: true, table: true },
  { code: 'RU', name: 'seal/v0/replicaupdate', order: 8, toggle: true, table: true },
  { code: 'AP', name: 'seal/v0/addpiece', order: 9, toggle: true, table: true },
  { code: 'DC', name: 'seal/v0/datacid', order: 10, toggle: true, table: true },
  { code: 'GSK', name: 'seal/v0/regensectorkey', order: 11, toggle: true, table: true },
] as const;

export type TaskType = (typeof taskTypes)[number];
export type TaskCode = TaskType['code'];
export type TaskName = TaskType['name'];

/** Offered by every sealing worker whatever its flags. */
export const impliedTasks: readonly TaskCode[] = ['GET', 'C1', 'PR1', 'FIN', 'FUS', 'FRU'];

const byCode: ReadonlyMap<string, TaskType> = new Map(taskTypes.map((type) => [type.code, type]));
const byName: ReadonlyMap<string, TaskType> = new Map(taskTypes.map((type) => [type.name, type]));

/** The type with this short code, case-sensitive as in Lotus. */
export function taskByCode(code: string): TaskType | undefined {
  return byCode.get(code);
}

/** The type with this name on the wire. */
export function taskByName(name: string): TaskType | undefined {
  return byName.get(name);
}

/** The wire name of a code. */
export function taskNameOf(code: TaskCode): TaskName {
  const type = byCode.get(code);
  if (type === undefined) throw new RangeError(`no task type has the code ${code}`);
  return type.name;
}

/** As a sector meets them: filled, replicated, proved; then what may be done with a sealed one. */
const phases: readonly TaskCode[] = ['DC', 'AP', 'PC1', 'PC2', 'C1', 'C2', 'RU', 'PR1', 'PR2', 'GSK', 'UNS'];

/** The codes in the order of sealing, those that are no phase of it at the end. */
export function inPhaseOrder(codes: Iterable<TaskCode>): TaskCode[] {
  const wanted = [...new Set(codes)];
  const phaseOf = (code: TaskCode) => (phases.includes(code) ? phases.indexOf(code) : phases.length);
  return wanted.sort((a, b) => phaseOf(a) - phaseOf(b));
}

/** The codes in Lotus's display order. */
export function inTaskOrder(codes: Iterable<TaskCode>): TaskCode[] {
  const wanted = new Set(codes);
  return taskTypes.map((type) => type.code).filter((code) => wanted.has(code));
}
