import { fail } from '@sealctl/core/problem/problem';
import { impliedTasks, inTaskOrder, type TaskCode } from '@sealctl/core/lotus/task-type';

/** The task switches of `run`: flag name, task type and default. */
export const taskSwitches = [
  { flag: 'addpiece', code: 'AP', default: true },
  { flag: 'precommit1', code: 'PC1', default: true },
  { flag: 'unseal', code: 'UNS', default: true },
  { flag: 'precommit2', code: 'PC2', default: true },
  { flag: 'commit', code: 'C2', default: true },
  { flag: 'replica-update', code: 'RU', default: true },
  { flag: 'prove-replica-update2', code: 'PR2', default: true },
  { flag: 'regen-sector-key', code: 'GSK', default: true },
  { flag: 'sector-download', code: 'DL', default: false },
] as const satisfies readonly { readonly flag: string; readonly code: TaskCode; readonly default: boolean }[];

/** A boolean flag: its value, and whether the operator set it. */
export interface Switch {
  readonly value: boolean;
  readonly isSet: boolean;
}

/** Every flag that affects which tasks a worker accepts. */
export interface TaskFlags {
  /** By flag name of `taskSwitches`. */
  readonly tasks: Readonly<Record<(typeof taskSwitches)[number]['flag'], Switch>>;
  readonly dataCid: Switch;
  readonly windowPost: Switch;
  readonly winningPost: Switch;
  readonly noDefault: Switch;
}

/**
 * Returns the task types that a worker accepts, in Lotus's order. Throws for a worker that would both seal and run PoSt. Source:
 * docs/spec/lotus.md section 3.3.
 */
export function selectTasks(flags: TaskFlags): TaskCode[] {
  const wanted = taskSwitches.filter(({ flag }) => {
    const { value, isSet } = flags.tasks[flag];
    return value && (isSet || !flags.noDefault.value);
  });
  if (flags.windowPost.value || flags.winningPost.value) {
    const given = taskSwitches.filter(({ flag }) => flags.tasks[flag].value && flags.tasks[flag].isSet);
    const mixed = [
      ...given.map(({ flag }) => `--${flag}`),
      ...(flags.windowPost.value ? ['--windowpost'] : []),
      ...(flags.winningPost.value ? ['--winningpost'] : []),
    ];
    if (mixed.length > 1) throw mixedTypes(mixed);
    return [flags.windowPost.value ? 'WDP' : 'WNP'];
  }
  const codes = new Set<TaskCode>([...impliedTasks, ...wanted.map(({ code }) => code)]);
  if (takesDataCid(flags, codes.has('AP'))) codes.add('DC');
  return inTaskOrder(codes);
}

/** DC is enabled with AP by default; with --no-default Lotus never enables it. */
function takesDataCid({ dataCid, noDefault }: TaskFlags, addPiece: boolean): boolean {
  if (noDefault.value) return false;
  return dataCid.isSet ? dataCid.value : addPiece;
}

function mixedTypes(flags: readonly string[]) {
  return fail({
    code: 'mixed-worker-types',
    summary: `one worker cannot take ${flags.join(' and ')} together`,
    why: 'the miner keeps sealing, window PoSt and winning PoSt workers apart',
    fix: 'run one worker for each; unset the LOTUS_WORKER_* task variables of a PoSt worker',
  });
}
