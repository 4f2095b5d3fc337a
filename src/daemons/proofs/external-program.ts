import { spawn } from 'node:child_process';
import { fail } from '@sealctl/core/problem/problem';

/** An operator's program that replaces one step of sealing. */
export interface ExternalProgram {
  /** A command line for `sh -c`. */
  readonly command: string;
  /** The whole environment of the command: nothing is inherited, not even PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** Names the step in errors, such as `external PC2`. */
  readonly step: string;
  readonly signal?: AbortSignal;
}

const lastLines = 20;
const longestLine = 16 * 1024;
/** Time between SIGTERM and SIGKILL of an aborted command. */
const graceMilliseconds = 500;

/**
 * Runs an external program to its end and passes on its output line by line. Throws a problem `external-program` with the last lines of
 * output when the exit code is not 0. Aborting ends the program and every process that it started.
 */
export async function runExternalProgram(
  { command, env, step, signal }: ExternalProgram,
  onLine: (line: string) => void = () => {},
): Promise<void> {
  signal?.throwIfAborted();
  const tail: string[] = [];
  const child = spawn('/bin/sh', ['-c', command], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own, so that all of it can be ended
  });
  const take = (line: string): void => {
    tail.push(line);
    if (tail.length > lastLines) tail.shift();
    onLine(line);
  };
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
      // A progress bar may never end its line, so a long line is cut.
      if (rest.length > longestLine) {
        take(rest);
        rest = '';
      }
    });
    stream.on('end', () => {
      if (rest !== '') take(rest);
    });
  }

  const endGroup = (name: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it ended by itself
    }
  };
  let kill: NodeJS.Timeout | undefined;
  const abort = (): void => {
    endGroup('SIGTERM');
    kill = setTimeout(() => endGroup('SIGKILL'), graceMilliseconds);
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const ending = await new Promise<string | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, name) =>
        resolve(code === 0 ? undefined : code === null ? `signal ${name}` : `exit code ${code}`),
      );
    });
    signal?.throwIfAborted();
    if (ending !== undefined)
      throw fail({
        code: 'external-program',
        summary: `the ${step} command ended with ${ending}`,
        why: tail.length === 0 ? 'it printed nothing' : `it printed:\n${tail.join('\n')}`,
        fix: 'use absolute paths: the command gets only the documented variables and no PATH',
      });
  } finally {
    signal?.removeEventListener('abort', abort);
    clearTimeout(kill);
  }
}
