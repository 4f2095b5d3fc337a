import { runSealctl } from '../../../src/sealctl/cli/core/run.ts';
import type { SealctlContext } from '../../../src/sealctl/cli/core/context.ts';

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line of sealctl in this process, in a directory, with nobody at the terminal. */
export async function sealctl(argv: readonly string[], cwd: string): Promise<RunResult> {
  const out: string[] = [];
  const err: string[] = [];
  const never = new AbortController().signal;
  const context: SealctlContext = {
    process: {
      stdout: { write: (text) => void out.push(text) },
      stderr: { write: (text) => void err.push(text) },
      env: { HOME: cwd },
      exitCode: null,
    },
    cwd,
    terminal: { stdin: false, stdout: false, columns: 1000, rows: 1000, color: false },
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    today: () => new Date(0),
    randomText: () => 'random',
    ask: () => Promise.resolve(undefined),
    listenForInterruption: () => ({ stopping: never, aborting: never, dispose: () => undefined }),
    operator: 'test@here',
  };
  await runSealctl(argv, context);
  return { code: Number(context.process.exitCode), stdout: out.join(''), stderr: err.join('') };
}
