import * as sea from 'node:sea';

/** The command line that starts this program again: its executable and the arguments before a command. */
export function thisProgram(): readonly [string, ...string[]] {
  if (sea.isSea()) return [process.execPath];
  return [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
}
