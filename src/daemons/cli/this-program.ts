import * as sea from 'node:sea';

/** How to start this program again: its executable and the words in front of a command. */
export function thisProgram(): readonly [string, ...string[]] {
  if (sea.isSea()) return [process.execPath];
  return [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
}
