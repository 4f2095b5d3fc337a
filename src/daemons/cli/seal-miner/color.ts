import type { Invocation } from '../../lotus-cli/app.ts';
import type { Flag } from '../../lotus-cli/flag.ts';

/** `--color[=false]` in front of the command; by default on for a terminal. */
export const colorFlag: Flag = {
  name: 'color',
  type: 'bool',
  default: false,
  usage: 'use color in display output (default: depends on output being a TTY)',
};

/** Whether to color: the flag, else GOLOG_LOG_FMT=color, else NO_COLOR, else a terminal. */
export function colorWanted({
  global,
  env,
  terminal,
}: Pick<Invocation, 'global' | 'env' | 'terminal'>): boolean {
  if (global.isSet('color')) return global.bool('color');
  if (env['GOLOG_LOG_FMT'] === 'color') return true;
  return terminal && (env['NO_COLOR'] ?? '') === '';
}
