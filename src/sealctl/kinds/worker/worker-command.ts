import { formatHostPort } from '@sealctl/core/lotus/api-info';
import {
  impliedTasks,
  inTaskOrder,
  taskByCode,
  taskNameOf,
  type TaskCode,
  type TaskName,
} from '@sealctl/core/lotus/task-type';
import type { WorkerSpec } from '../../spec/spec.ts';

/** The `run` flag that switches a task on. Source: docs/spec/lotus.md section 3.2. */
const taskFlags = {
  AP: 'addpiece',
  PC1: 'precommit1',
  UNS: 'unseal',
  PC2: 'precommit2',
  C2: 'commit',
  RU: 'replica-update',
  PR2: 'prove-replica-update2',
  GSK: 'regen-sector-key',
  DL: 'sector-download',
  WDP: 'windowpost',
  WNP: 'winningpost',
  DC: 'data-cid',
} as const satisfies Partial<Record<TaskCode, string>>;

type FlaggedTask = keyof typeof taskFlags;
const flaggedTasks = Object.keys(taskFlags) as FlaggedTask[];

/** The words after the program's name that make it offer exactly `tasks` under the worker's label and address. */
export function workerArguments(
  worker: Pick<WorkerSpec, 'listen' | 'label' | 'args'>,
  tasks: readonly TaskCode[],
): string[] {
  return [
    'run',
    `--listen=${formatHostPort(worker.listen)}`,
    `--name=${worker.label}`,
    '--no-local-storage',
    ...taskArguments(tasks),
    ...worker.args,
  ];
}

/** Full names of every task type a worker started for `tasks` accepts, in Lotus's order. PoSt workers do nothing else. */
export function acceptedTasks(tasks: readonly TaskCode[]): readonly TaskName[] {
  const key = tasks.join();
  const known = accepted.get(key);
  if (known !== undefined) return known;
  const names = inTaskOrder(isPost(tasks) ? tasks : [...impliedTasks, ...tasks]).map(taskNameOf);
  accepted.set(key, names);
  return names;
}

/** The workers of a large cluster share a few lists of tasks. */
const accepted = new Map<string, readonly TaskName[]>();

/**
 * Why going from one task set to another needs a restart, or undefined when the running worker can be told by RPC. Only some types
 * can be toggled at all; C2 and PR2 need proof parameters, which a worker checks and fetches only when it starts with one of them.
 */
export function restartReason(
  before: readonly TaskCode[],
  after: readonly TaskCode[],
  startedWith: readonly TaskCode[] = before,
): string | undefined {
  const changed = [...before, ...after].filter((code) => !(before.includes(code) && after.includes(code)));
  const fixed = changed.filter((code) => taskByCode(code)?.toggle !== true);
  if (fixed.length > 0) return `${fixed.join(', ')} can be switched only when the worker starts`;
  if (isPost(before) || isPost(after)) return 'a PoSt worker takes sealing tasks only when it starts';
  const proves = (tasks: readonly TaskCode[]) => tasks.includes('C2') || tasks.includes('PR2');
  if (proves(after) && !proves(startedWith))
    return 'proof parameters are checked only when the worker starts';
  return undefined;
}

/**
 * Opt-in flags; DC is the exception, because `--no-default` excludes it: with DC every flag is written out. A PoSt worker's flags
 * exclude all others.
 */
function taskArguments(tasks: readonly TaskCode[]): string[] {
  if (tasks.includes('DC') && !isPost(tasks)) {
    return flaggedTasks
      .filter((code) => code !== 'WDP' && code !== 'WNP')
      .map((code) => `--${taskFlags[code]}=${tasks.includes(code)}`);
  }
  const on = flaggedTasks.filter((code) => code !== 'DC' && tasks.includes(code));
  return ['--no-default', ...on.map((code) => `--${taskFlags[code]}`)];
}

function isPost(tasks: readonly TaskCode[]): boolean {
  return tasks.includes('WDP') || tasks.includes('WNP');
}
