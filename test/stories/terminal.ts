import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { shq } from '../../src/sealctl/host/quote.ts';

/** A program on a pseudo-terminal of its own, with a person at it. */
export interface Terminal {
  /** Everything that was drawn so far, what was painted over included, without control characters. */
  readonly shown: () => string;
  /** Presses keys: `\r` is Enter, `\u0003` Ctrl-C. */
  readonly type: (keys: string) => void;
  /** Exit code, once the program has ended. */
  readonly ended: Promise<number>;
}

/** Ctrl-C, as a keyboard sends it. */
export const ctrlC = '\u0003';

/** Runs a program on a terminal of 120 columns and 40 rows. util-linux's `script` makes it, and passes on the exit code. */
export function onTerminal(
  argv: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Terminal {
  const command = `stty cols 120 rows 40 && exec ${argv.map(shq).join(' ')}`;
  const child = execa('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    cwd,
    env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
    extendEnv: false,
    reject: false,
    stdin: 'pipe',
    timeout: 280_000,
  });
  let drawn = '';
  child.stdout.on('data', (chunk: Buffer) => {
    drawn += chunk.toString();
  });
  return {
    shown: () => stripVTControlCharacters(drawn).replaceAll('\r', ''),
    type: (keys) => child.stdin.write(keys),
    ended: child.then(({ exitCode }) => exitCode ?? -1),
  };
}
