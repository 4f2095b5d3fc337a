import type { Command } from './app.ts';
import type { Flag } from './flag.ts';

/** The help text of a command, in urfave's sections. */
export function helpOf(command: Command, path: readonly string[]): string {
  const flags = (command.flags ?? []).filter((flag) => flag.hidden !== true);
  const commands = (command.commands ?? []).filter((child) => child.hidden !== true);
  const words = [
    ...path,
    command.name,
    flags.length > 0 ? '[flags]' : '',
    commands.length > 0 ? 'COMMAND' : '',
    ...(command.args ?? []),
    ...(command.optionalArgs ?? []).map((word) => `[${word}]`),
    command.repeatedArgs === undefined ? '' : `[${command.repeatedArgs.join(' ')}]...`,
  ].filter((word) => word !== '');
  return [
    `NAME:\n   ${[...path, command.name].join(' ')} - ${command.usage}\n`,
    `USAGE:\n   ${words.join(' ')}\n`,
    commands.length > 0 ? `COMMANDS:\n${columns(commands.map((child) => [child.name, child.usage]))}` : '',
    flags.length > 0 ? `OPTIONS:\n${columns(flags.map((flag) => [flagNames(flag), flagUsage(flag)]))}` : '',
    command.examples === undefined
      ? ''
      : `EXAMPLES:\n${command.examples.map((line) => `   ${line}\n`).join('')}`,
  ]
    .filter((section) => section !== '')
    .join('\n');
}

function flagNames(flag: Flag): string {
  const value = flag.type === 'bool' ? '' : ' value';
  return [flag.name, ...(flag.aliases ?? [])]
    .map((name) => `${name.length === 1 ? '-' : '--'}${name}${value}`)
    .join(', ');
}

function flagUsage(flag: Flag): string {
  const value = flag.defaultText ?? (flag.type === 'strings' ? '' : String(flag.default));
  const standard = value === '' ? '' : ` (default: ${value})`;
  const env = flag.env === undefined ? '' : ` [${flag.env.map((name) => `$${name}`).join(', ')}]`;
  return `${flag.usage}${standard}${env}`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `   ${left.padEnd(width)}  ${right}\n`).join('');
}
