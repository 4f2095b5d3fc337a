import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** A program that ended, with the processor time of itself and of all that it waited for. */
export interface Timed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Runs a program below bash, whose `time` counts children too, which Node cannot. */
export async function timed(
  argv: readonly string[],
  options: { readonly directory: string; readonly env: NodeJS.ProcessEnv; readonly input?: string },
): Promise<Timed> {
  const said = join(options.directory, 'stderr');
  const { exitCode, stdout, stderr } = await execa(
    'bash',
    ['-c', 'TIMEFORMAT="%R %U %S"; time "$@" 2>"$0"', said, ...argv],
    {
      cwd: options.directory,
      env: options.env,
      extendEnv: false,
      input: options.input ?? '',
      reject: false,
    },
  );
  const [real = NaN, user = NaN, system = NaN] = stderr.trim().split(' ').map(Number);
  return {
    status: exitCode ?? -1,
    stdout,
    stderr: readFileSync(said, 'utf8'),
    wallMs: real * 1000,
    cpuMs: (user + system) * 1000,
  };
}
