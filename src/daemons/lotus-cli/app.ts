import { messageOf, ProblemError, type Problem } from '@sealctl/core/problem/problem';
import { secretsInEnvironment } from '../base/environment-secrets.ts';
import type { Environment } from '@sealctl/core/lotus/resource-env';
import { Redactor } from '@sealctl/core/secret/redact';
import { completeCommandName } from '@sealctl/core/text/shell-completion';
import { makeCompletionCommand, proposalsFor } from './complete.ts';
import { parseFlags, usage, type Flag, type FlagValues } from './flag.ts';
import { helpOf } from './help.ts';

/** The outputs and the environment of a command. */
export interface Surroundings {
  readonly env: Environment;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** True when `out` goes to a terminal. */
  readonly terminal: boolean;
  /** True when `err` goes to a terminal. */
  readonly errTerminal?: boolean;
  /** Aborted when the user interrupts a program that can be interrupted. */
  readonly signal?: AbortSignal;
}

/** The input of a command: its flags and arguments, with its outputs. */
export interface Invocation extends Surroundings {
  readonly flags: FlagValues;
  /** The flags before the subcommand. */
  readonly global: FlagValues;
  readonly args: readonly string[];
}

/** One command, or a group of them. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  /** Names of the required arguments, such as `['PATH']`. */
  readonly args?: readonly string[];
  /** Names of the optional arguments, after `args`. */
  readonly optionalArgs?: readonly string[];
  /** Names of arguments that may follow as a group any number of times, such as `['PIECE-CID', 'PADDED-SIZE']`; not with `optionalArgs`. */
  readonly repeatedArgs?: readonly string[];
  readonly flags?: readonly Flag[];
  readonly examples?: readonly string[];
  readonly hidden?: boolean;
  readonly commands?: readonly Command[];
  /** Runs the command; resolves with the exit code, or nothing for 0. */
  readonly run?: (invocation: Invocation) => Promise<number | void>;
}

/** A program of commands, with its global flags. */
export interface App {
  readonly name: string;
  readonly usage: string;
  /** Called only when the version is shown, since it runs git in a checkout. */
  readonly version: () => string;
  readonly flags: readonly Flag[];
  readonly commands: readonly Command[];
}

/** Exit codes: failed; no such command, as in urfave. */
const failed = 1;
const noSuchCommand = 3;

/** Runs one command line and returns its exit code; every failure is written to `err`, without secrets, and its exit code is not 0. */
export async function runApp(
  app: App,
  words: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  try {
    const global = parseFlags([...app.flags, versionFlag], words, surroundings.env);
    if (global.values.bool('version')) {
      surroundings.out(`${app.name} version ${app.version()}\n`);
      return 0;
    }
    const root = rootCommand(app);
    if (global.help) {
      surroundings.out(helpOf(root, []));
      return 0;
    }
    if (global.rest[0] === completeCommandName) {
      const typed = global.rest.slice(global.rest[1] === '--' ? 2 : 1);
      for (const [word, usage] of proposalsFor(root, typed)) surroundings.out(`${word}\t${usage}\n`);
      return 0;
    }
    return await descend(root, [], global.rest, { ...surroundings, global: global.values });
  } catch (error) {
    const { text } = new Redactor(secretsInEnvironment(surroundings.env));
    surroundings.err(text(errorText(error)));
    return failed;
  }
}

/** The program as the root command. */
export function rootCommand(app: App): Command {
  return {
    name: app.name,
    usage: app.usage,
    flags: [...app.flags, versionFlag],
    commands: [...app.commands, makeCompletionCommand(app.name)],
  };
}

const versionFlag: Flag = {
  name: 'version',
  aliases: ['v'],
  type: 'bool',
  default: false,
  usage: 'print the version',
};

type Above = Surroundings & Pick<Invocation, 'global'>;

async function descend(
  group: Command,
  path: readonly string[],
  words: readonly string[],
  above: Above,
): Promise<number> {
  const [word, ...rest] = words;
  if (word === undefined || word === 'help' || word === 'h') {
    const about = group.commands?.find((candidate) => candidate.name === rest[0]);
    above.out(about === undefined ? helpOf(group, path) : helpOf(about, [...path, group.name]));
    return 0;
  }
  const command = group.commands?.find((candidate) => candidate.name === word);
  if (command === undefined) {
    above.err(`ERROR: ${[...path, group.name].join(' ')} has no command '${word}'\n\n${helpOf(group, path)}`);
    return noSuchCommand;
  }
  const below = [...path, group.name];
  const parsed = parseFlags(command.flags ?? [], rest, above.env);
  if (parsed.help) {
    above.out(helpOf(command, below));
    return 0;
  }
  if (command.run === undefined) return descend(command, below, parsed.rest, above);
  const args = checkedArgs(command, parsed.rest);
  return (await command.run({ ...above, flags: parsed.values, args })) ?? 0;
}

/**
 * urfave takes flags after the first argument as arguments and drops unexpected ones: `attach PATH --init` ignores `--init`, and `--commit
 * false` means true. Here both are errors.
 */
function checkedArgs(command: Command, words: readonly string[]): readonly string[] {
  const min = command.args?.length ?? 0;
  const max = min + (command.optionalArgs?.length ?? 0);
  const flag = words.find((word) => word.startsWith('-') && word.length > 1);
  if (flag !== undefined && words.length > min)
    throw usage(
      flag,
      `flag ${flag} must come before '${words[0]}'`,
      'put flags before all arguments; after one they have no effect',
    );
  const group = command.repeatedArgs;
  if (group !== undefined && words.length > min) {
    const missing = group[(words.length - min) % group.length];
    if (missing !== undefined && missing !== group[0])
      throw usage(missing, `${command.name} needs ${missing} after '${words.at(-1)}'`, 'see --help');
    return words;
  }
  const extra = words[max];
  if (extra !== undefined) {
    const boolean = parseBoolWord(extra);
    throw usage(
      extra,
      `unexpected argument '${extra}'`,
      boolean ? `to set a boolean flag, write --FLAG=${extra} without a space` : 'see --help',
    );
  }
  const missing = command.args?.[words.length];
  if (missing !== undefined) throw usage(missing, `${command.name} needs ${missing}`, 'see --help');
  return words;
}

function parseBoolWord(word: string): boolean {
  return word === 'true' || word === 'false';
}

/** Lotus's format: `ERROR: text` and a blank line; here with cause and fix. */
export function errorText(error: unknown): string {
  if (!(error instanceof ProblemError)) return `ERROR: ${messageOf(error)}\n\n`;
  return `${error.problems.map(problemText).join('\n')}\n\n`;
}

function problemText({ severity, summary, why, fix }: Problem): string {
  const head = `${severity === 'warning' ? 'WARNING' : 'ERROR'}: ${summary}`;
  return [head, why && `  why: ${why}`, fix && `  fix: ${fix}`]
    .filter((line) => line !== undefined)
    .join('\n');
}
