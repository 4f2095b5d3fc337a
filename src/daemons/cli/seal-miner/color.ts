import type { Invocation } from '../../lotus-cli/app.ts';
import type { Flag } from '../../lotus-cli/flag.ts';

/** `--color[=false]` before the command; on by default when the output is a terminal. */
export const colorFlag: Flag = {
  name: 'color',
  type: 'bool',
  default: false,
  defaultText: 'depends on output being a TTY',
  usage: 'use color in display output',
};

/** Whether the output is colored: by the flag, else GOLOG_LOG_FMT=color, else NO_COLOR, else a terminal. */
export function colorWanted({
  global,
  env,
  terminal,
}: Pick<Invocation, 'global' | 'env' | 'terminal'>): boolean {
  if (global.isSet('color')) return global.bool('color');
  if (env['GOLOG_LOG_FMT'] === 'color') return true;
  return terminal && (env['NO_COLOR'] ?? '') === '';
}
