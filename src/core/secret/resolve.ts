import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { execa, type Result } from 'execa';
import { messageOf, ProblemError, type Problem } from '../problem/problem.ts';
import { lastLines } from './last-lines.ts';
import { mask, maskTokens } from './literal.ts';
import { Redactor } from './redact.ts';
import { secretKey, type SecretRef, type SecretValues } from './secret.ts';

/** The environment in which references are resolved. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory of relative files and commands; the loader already makes files absolute. */
  readonly cwd: string;
  /** Time limit of a command, in milliseconds; 30 s by default. */
  readonly commandTimeoutMs?: number;
}

/**
 * The values of references, by `secretKey`; each source is asked once. The miner's own token is not known here and is left out. One
 * final newline is dropped. Throws a `ProblemError` with every reference that could not be resolved; no text of it holds a value.
 */
export async function resolveSecrets(
  refs: readonly SecretRef[],
  sources: SecretSources,
): Promise<SecretValues> {
  const wanted = new Map(refs.map((ref) => [secretKey(ref), ref]));
  const values = new Map<string, string>();
  const problems: Problem[] = [];
  await Promise.all(
    [...wanted].map(async ([key, ref]) => {
      if (ref.from === 'miner-token') return;
      const found = await valueOf(ref, sources);
      if (typeof found === 'string') values.set(key, found);
      else problems.push({ code: 'secret-unavailable', severity: 'error', ...found });
    }),
  );
  if (problems.length > 0) {
    // A command that failed may have complained of another secret.
    const told = new Redactor(values.values()).data(problems);
    throw new ProblemError(told.sort((a, b) => a.summary.localeCompare(b.summary)));
  }
  return values;
}

type Trouble = Pick<Problem, 'summary' | 'why' | 'fix'>;
type ResolvableRef = Exclude<SecretRef, { from: 'miner-token' }>;

async function valueOf(ref: ResolvableRef, sources: SecretSources): Promise<string | Trouble> {
  switch (ref.from) {
    case 'env':
      return fromEnv(ref.name, sources);
    case 'file':
      return fromFile(resolve(sources.cwd, ref.path));
    case 'command':
      return fromCommand(ref.argv, sources);
  }
}

function fromEnv(name: string, sources: SecretSources): string | Trouble {
  const value = sources.env[name];
  if (value !== undefined && value !== '') return value;
  return {
    summary: `the environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}`,
    why: 'cluster.yaml reads a secret from it',
    fix: `set ${name} in the environment of sealctl, or change the reference`,
  };
}

async function fromFile(path: string): Promise<string | Trouble> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return {
      summary: `the secret file ${path} cannot be read`,
      why: messageOf(error),
      fix: 'write the secret to the file (mode 0600), or change the reference',
    };
  }
  const value = withoutFinalNewline(text);
  if (value !== '') return value;
  return { summary: `the secret file ${path} is empty`, fix: 'write the secret to the file (mode 0600)' };
}

type Ending = Pick<
  Result<{ reject: false }>,
  'timedOut' | 'code' | 'originalMessage' | 'exitCode' | 'signal' | 'stderr' | 'stdout'
>;

async function fromCommand(argv: readonly string[], sources: SecretSources): Promise<string | Trouble> {
  const [program = '', ...words] = argv;
  const timeout = sources.commandTimeoutMs ?? 30_000;
  const result = await execa(program, words, {
    cwd: sources.cwd,
    env: { ...sources.env },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout,
  });
  const command = argv.join(' ');
  if (result.failed) {
    return {
      summary: `the command "${command}" did not print a secret`,
      why: whyFailed(result, timeout),
      fix: 'run the command by hand to see why, or change the reference',
    };
  }
  if (result.stdout !== '') return result.stdout;
  return { summary: `the command "${command}" printed nothing`, fix: 'print the secret on standard output' };
}

function whyFailed(result: Ending, timeout: number): string {
  if (result.timedOut) return `it did not end within ${timeout / 1000} s`;
  // It was not started, and printed nothing.
  if (result.code !== undefined) return result.originalMessage ?? result.code;
  const end =
    result.exitCode === undefined ? `it was ended by ${result.signal}` : `it exited with ${result.exitCode}`;
  const complaint = complaintOf(result.stderr, result.stdout);
  return complaint === '' ? end : `${end}: ${complaint}`;
}

/** The end of what a failed command complained of, without anything it may have given away. */
function complaintOf(stderr: string, output: string): string {
  const hidden = output === '' ? stderr : stderr.replaceAll(output, mask);
  return lastLines(maskTokens(hidden), { lines: 3, characters: 300 }).join(' / ');
}

function withoutFinalNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}
