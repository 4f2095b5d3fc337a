import { sealBench } from '../../../../src/daemons/cli/seal-bench/application.ts';
import { runApp, type Surroundings } from '../../../../src/daemons/lotus-cli/app.ts';

/** What one command line did. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line of seal-bench in this process, on the real kernels. */
export async function runSealBench(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  surroundings: Partial<Pick<Surroundings, 'signal' | 'err' | 'errTerminal'>> = {},
): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runApp(sealBench, words, {
    env,
    terminal: false,
    ...surroundings,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
      surroundings.err?.(text);
    },
  });
  return { code, out, err };
}

/** As `runSealBench`, for a command line that must succeed; its output in lines. */
export async function succeed(...words: readonly string[]): Promise<string[]> {
  const { code, out, err } = await runSealBench(words);
  if (code !== 0) throw new Error(`seal-bench ${words.join(' ')} ended with ${code}: ${err}`);
  return out.trimEnd().split('\n');
}
