import { spawn, type ChildProcess } from 'node:child_process';
import pc from 'picocolors';
import { built } from '../stories/testbed.ts';

export interface ProgramRun {
  readonly program: 'sealctl' | 'seal-miner';
  readonly args: readonly string[];
  /** Exit codes that are no failure. */
  readonly expected: readonly number[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Only such lines of the output are told; absent means all of it, as it comes. */
  readonly shown?: RegExp;
  readonly say: (text: string) => void;
  /** Aborting ends the program. */
  readonly signal: AbortSignal;
}

/** Runs one of the built programs as a user would, on this very terminal, below its command line. Rejects, once it has ended, when it failed. */
export async function runProgram(run: ProgramRun): Promise<void> {
  const { program, args, expected, cwd, env, shown, say, signal } = run;
  signal.throwIfAborted();
  say(`\n${pc.bold(`$ ${[program, ...args].map(quoted).join(' ')}`)}\n`);
  const child = spawn(built(`bin/${program}.js`), args, {
    cwd,
    env,
    stdio: ['inherit', shown === undefined ? 'inherit' : 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const end = () => endAtOnce(child);
  signal.addEventListener('abort', end);
  try {
    const code = await ended(child);
    signal.throwIfAborted();
    if (shown !== undefined) say(chosenLines(text, shown));
    if (!expected.includes(code)) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** The first interruption lets sealctl end in order, the second at once; Ctrl-C on its terminal it has heard by itself. */
function endAtOnce(child: ChildProcess): void {
  child.kill('SIGINT');
  child.kill('SIGTERM');
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
}

function chosenLines(text: string, shown: RegExp): string {
  const lines = text.trimEnd().split('\n');
  const told = lines.filter((line) => shown.test(line));
  return `${pc.dim(`(${lines.length - told.length} lines left out)`)}\n${told.join('\n')}\n`;
}

function quoted(word: string): string {
  return word.includes(' ') ? `'${word}'` : word;
}
