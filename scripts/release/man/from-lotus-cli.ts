import type { Command } from '../../../src/daemons/lotus-cli/app.ts';
import type { Flag } from '../../../src/daemons/lotus-cli/flag.ts';
import type { PageCommand, PageFlag } from './page.ts';

/** The commands of a daemon's command line, in the order of its help. Hidden ones stay hidden. */
export function commandsOfLotusCli(command: Command, above: readonly string[] = []): PageCommand[] {
  const words = [...above, command.name];
  const children = (command.commands ?? []).filter(({ hidden }) => hidden !== true);
  const page: PageCommand = {
    words,
    takes: [
      ...(children.length > 0 ? ['COMMAND'] : []),
      ...(command.args ?? []),
      ...(command.optionalArgs ?? []).map((word) => `[${word}]`),
      ...(command.repeatedArgs === undefined ? [] : [`[${command.repeatedArgs.join(' ')}]...`]),
    ],
    brief: command.usage,
    flags: (command.flags ?? []).filter(({ hidden }) => hidden !== true).map(flagOf),
    examples: command.examples ?? [],
  };
  return [page, ...children.flatMap((child) => commandsOfLotusCli(child, words))];
}

function flagOf(flag: Flag): PageFlag {
  const value =
    flag.defaultText ?? (flag.type === 'strings' || flag.default === false ? '' : String(flag.default));
  const standard = value === '' ? '' : ` (default: ${value})`;
  const env = flag.env === undefined ? '' : ` [${flag.env.map((name) => `$${name}`).join(', ')}]`;
  return {
    names: [flag.name, ...(flag.aliases ?? [])].map((name) => (name.length === 1 ? `-${name}` : `--${name}`)),
    ...(flag.type === 'bool' ? {} : { value: 'value' }),
    usage: `${flag.usage}${standard}${env}`,
  };
}
