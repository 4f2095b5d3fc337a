import { fail } from '@sealctl/core/problem/problem';
import { parseGoBool, parseGoDuration } from '@sealctl/core/lotus/go-value';
import type { Environment } from '@sealctl/core/lotus/resource-env';

/** One flag of a command. A duration's default has Go's format; its value is milliseconds. */
export type Flag = {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Environment variables for a value that is not on the command line; the first one that is set counts. */
  readonly env?: readonly string[];
  readonly usage: string;
  readonly hidden?: boolean;
  /** Text that help shows in place of the default, for a default that depends on the environment. */
  readonly defaultText?: string;
} & (
  | { readonly type: 'bool'; readonly default: boolean }
  | { readonly type: 'int'; readonly default: number }
  | { readonly type: 'string'; readonly default: string }
  | { readonly type: 'duration'; readonly default: string }
  | { readonly type: 'strings' }
);

type FlagValue = boolean | number | string | readonly string[];

/** The values of a command's flags. Reading a flag that the command does not declare is a programming error. */
export interface FlagValues {
  readonly bool: (name: string) => boolean;
  /** Integers; durations in milliseconds. */
  readonly number: (name: string) => number;
  readonly text: (name: string) => string;
  readonly list: (name: string) => readonly string[];
  /** True when the command line or an environment variable set the value. */
  readonly isSet: (name: string) => boolean;
}

/** The parsed command line of one command. */
export interface ParsedWords {
  readonly values: FlagValues;
  /** The words from the first one that is not a flag. */
  readonly rest: readonly string[];
  readonly help: boolean;
}

/**
 * Reads the flags before the first other word by the rules of urfave/cli v2: `-x` and `--x` alike, `--x=v` or `--x v`, booleans
 * only as `--x` or `--x=v`, lists repeated or with commas; command line before variable before default. Rejects with a usage problem.
 */
export function parseFlags(flags: readonly Flag[], words: readonly string[], env: Environment): ParsedWords {
  const values = new Map<string, FlagValue>();
  const set = new Set<string>();
  for (const flag of flags) {
    const given = fromEnvironment(flag, env);
    if (given !== undefined) set.add(flag.name);
    values.set(flag.name, given ?? defaultOf(flag));
  }
  const lists = new Map<string, string[]>();
  let help = false;
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? '';
    if (!word.startsWith('-') || word === '-') break;
    at += 1;
    if (word === '--') break;
    const [, name = '', , value] = /^--?([^=]*)(=([^]*))?$/.exec(word) ?? [];
    if (name === 'help' || name === 'h') {
      help = true;
      continue;
    }
    const flag = flags.find(
      (candidate) => candidate.name === name || candidate.aliases?.includes(name) === true,
    );
    if (flag === undefined) throw usage(word, `unknown flag --${name}`, `see --help`);
    let text = value;
    if (text === undefined && flag.type === 'bool') text = 'true';
    if (text === undefined) {
      text = words[at];
      at += 1;
    }
    if (text === undefined) throw usage(word, `--${name} needs a value`, `write --${name}=VALUE`);
    if (flag.type === 'strings') lists.set(flag.name, [...(lists.get(flag.name) ?? []), ...split(text)]);
    else values.set(flag.name, valueOf(flag, text, `--${name}`));
    set.add(flag.name);
  }
  for (const [name, list] of lists) values.set(name, list);
  return { values: reader(values, set), rest: words.slice(at), help };
}

/** A problem with the command line. */
export function usage(argument: string, summary: string, fix: string) {
  return fail({ code: 'usage', summary, where: { in: 'command line', argument }, fix });
}

function fromEnvironment(flag: Flag, env: Environment): FlagValue | undefined {
  for (const variable of flag.env ?? []) {
    const text = env[variable];
    if (text === undefined) continue;
    // As in urfave, an empty variable is false for a boolean and counts as unset for a number.
    if (text === '' && flag.type === 'bool') return false;
    if (text === '' && (flag.type === 'int' || flag.type === 'duration')) continue;
    return valueOf(flag, text, variable);
  }
  return undefined;
}

function valueOf(flag: Flag, text: string, source: string): FlagValue {
  switch (flag.type) {
    case 'bool': {
      const value = parseGoBool(text);
      if (value === undefined)
        throw usage(
          source,
          `${source}: '${text}' is not true or false`,
          `write ${source}=true or ${source}=false`,
        );
      return value;
    }
    case 'int':
      if (!/^[+-]?\d+$/.test(text))
        throw usage(source, `${source}: '${text}' is not a whole number`, `write ${source}=5`);
      return Number(text);
    case 'duration':
      try {
        return parseGoDuration(text);
      } catch (error) {
        throw usage(
          source,
          `${source}: ${error instanceof Error ? error.message : ''}`,
          `write ${source}=30s`,
        );
      }
    case 'string':
      return text;
    case 'strings':
      return split(text);
  }
}

function defaultOf(flag: Flag): FlagValue {
  switch (flag.type) {
    case 'strings':
      return [];
    case 'duration':
      return parseGoDuration(flag.default);
    case 'bool':
    case 'int':
    case 'string':
      return flag.default;
  }
}

function split(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function reader(values: ReadonlyMap<string, FlagValue>, set: ReadonlySet<string>): FlagValues {
  const get = (name: string): FlagValue => {
    const value = values.get(name);
    if (value === undefined) throw new RangeError(`the command has no flag --${name}`);
    return value;
  };
  return {
    bool: (name) => get(name) === true,
    number: (name) => Number(get(name)),
    text: (name) => String(get(name)),
    list: (name) => {
      const value = get(name);
      return Array.isArray(value) ? (value as readonly string[]) : [];
    },
    isSet: (name) => set.has(name),
  };
}
