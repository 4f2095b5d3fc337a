import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import { globMatches } from './glob.ts';
import { makeLimit } from '@sealctl/core/async/limit';

/** The values of ssh_config for a host, by lower-case keyword; a keyword that may be repeated has several values. */
export type ConfigAnswer = ReadonlyMap<string, readonly string[]>;

/** A question to ssh_config: `Match` blocks may depend on all of it. */
export interface ConfigQuestion {
  readonly address: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
}

export type AskConfig = (question: ConfigQuestion) => Promise<ConfigAnswer>;

/** Evaluations at once: each is a process of some milliseconds. */
const evaluationsAtOnce = 4;
const evaluationTimeoutMs = 10_000;
const systemConfig = '/etc/ssh/ssh_config';
const nothing: ConfigAnswer = new Map();

/**
 * Asks the user's ssh_config, by OpenSSH's own evaluation (`ssh -G`). Nothing is asked, for it costs a process a host, when no
 * configuration file holds a keyword that matters here; then every answer is empty and OpenSSH's defaults apply.
 */
export function configReader(configFile: string | undefined, home: string): AskConfig {
  if (configFile === 'none') return () => Promise.resolve(nothing);
  const files =
    configFile === undefined
      ? [
          { file: join(home, '.ssh/config'), relativeTo: join(home, '.ssh') },
          { file: systemConfig, relativeTo: dirname(systemConfig) },
        ]
      : [{ file: configFile, relativeTo: join(home, '.ssh') }];
  if (!files.some(({ file, relativeTo }) => matters(file, relativeTo, home, 0)))
    return () => Promise.resolve(nothing);
  const turn = makeLimit(evaluationsAtOnce);
  const answers = new Map<string, Promise<ConfigAnswer>>();
  return (question) => {
    const key = `${question.user ?? ''}@${question.address}:${question.port ?? ''}`;
    const answer = answers.get(key) ?? turn(() => evaluate(question, configFile));
    answers.set(key, answer);
    return answer;
  };
}

/** The keywords whose values `routeOf` uses; `match` and the canonical names can change which of them apply. */
const keywords = new Set(
  [
    'hostname port user identityfile identityagent identitiesonly certificatefile proxyjump proxycommand',
    'hostkeyalias userknownhostsfile globalknownhostsfile canonicalizehostname match',
  ].flatMap((words) => words.split(' ')),
);

/** OpenSSH follows includes to this depth. */
const maxIncludeDepth = 16;

function matters(file: string, relativeTo: string, home: string, depth: number): boolean {
  if (depth > maxIncludeDepth) return true;
  return readIfThere(file)
    .split('\n')
    .some((line) => {
      const [keyword = '', ...values] = line.trim().split(/[\s=]+/);
      if (keyword.toLowerCase() !== 'include') return keywords.has(keyword.toLowerCase());
      return values.some((value) =>
        included(value.replaceAll('"', ''), relativeTo, home).some(
          (name) => name === undefined || matters(name, relativeTo, home, depth + 1),
        ),
      );
    });
}

/** The files an `Include` names; undefined for what only OpenSSH can expand. */
function included(pattern: string, relativeTo: string, home: string): (string | undefined)[] {
  if (/[$%]|^~[^/]/.test(pattern)) return [undefined];
  const path = pattern.startsWith('~/')
    ? join(home, pattern.slice(2))
    : pattern.startsWith('/')
      ? pattern
      : join(relativeTo, pattern);
  if (/[*?[]/.test(dirname(path)) || path.includes('[')) return [undefined];
  if (!/[*?]/.test(path)) return [path];
  return entriesOf(dirname(path))
    .filter((name) => globMatches(basename(path), name))
    .map((name) => join(dirname(path), name));
}

async function evaluate(
  { address, user, port }: ConfigQuestion,
  configFile: string | undefined,
): Promise<ConfigAnswer> {
  const { exitCode, stdout, stderr, code } = await execa(
    'ssh',
    [
      '-G',
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...(user === undefined ? [] : ['-l', user]),
      ...(port === undefined ? [] : ['-p', String(port)]),
      '--',
      address,
    ],
    { reject: false, timeout: evaluationTimeoutMs, stdin: 'ignore' },
  );
  // Without an ssh program the configuration has no effect.
  if (code === 'ENOENT') return nothing;
  if (exitCode !== 0) {
    throw fail({
      code: 'ssh-config-broken',
      summary: `ssh_config cannot be evaluated for ${address}`,
      why: stderr.trim(),
      fix: `make this work: ssh -G ${address}`,
    });
  }
  const answer = new Map<string, string[]>();
  for (const line of stdout.split('\n')) {
    const [keyword = '', ...words] = line.split(' ');
    answer.set(keyword, [...(answer.get(keyword) ?? []), words.join(' ')]);
  }
  return answer;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    throw fail({
      code: 'ssh-config-unreadable',
      summary: `${file} cannot be read`,
      why: messageOf(thrown),
      fix: 'make it readable for this user',
    });
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw thrown;
  }
}
