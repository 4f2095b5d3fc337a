import type { Application } from '@stricli/core';
import type { SealctlContext } from '../../../src/sealctl/cli/core/context.ts';
import type { PageCommand, PageFlag } from './page.ts';

type Target = Application<SealctlContext>['root'];
type Routes = Extract<Target, { getAllEntries: unknown }>;
type Command = Exclude<Target, Routes>;
type Flag = NonNullable<Command['parameters']['flags']>[string];

/** The commands of sealctl's application, in the order of its help. */
export function commandsOfStricli(name: string, root: Target): PageCommand[] {
  return descend([name], root);
}

function descend(words: readonly string[], target: Target): PageCommand[] {
  const { prose, examples } = split(target.fullDescription);
  const about = {
    words,
    brief: target.brief,
    ...(prose === '' ? {} : { description: prose }),
    examples,
  };
  if (!isRoutes(target)) return [{ ...about, takes: positionals(target), flags: flagsOf(target) }];
  const children = target
    .getAllEntries()
    .filter(({ hidden }) => !hidden)
    .flatMap(({ name, target: child }) => descend([...words, name.original], child));
  return [{ ...about, takes: ['COMMAND'], flags: [] }, ...children];
}

function isRoutes(target: Target): target is Routes {
  return 'getAllEntries' in target;
}

/** The help has its examples behind the prose, under a heading. */
function split(description = ''): { readonly prose: string; readonly examples: readonly string[] } {
  const [prose = '', examples = ''] = description.split(/^EXAMPLES$/m);
  return {
    prose: prose.trim(),
    examples: examples
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  };
}

function positionals({ parameters: { positional } }: Command): string[] {
  if (positional === undefined) return [];
  const shown = (placeholder: string | undefined, optional: boolean | undefined) => {
    const word = (placeholder ?? 'word').toUpperCase();
    return optional === true ? `[${word}]` : word;
  };
  return positional.kind === 'array'
    ? [`${shown(positional.parameter.placeholder, true)}...`]
    : (positional.parameters ?? []).map(({ placeholder, optional }) => shown(placeholder, optional));
}

function flagsOf({ parameters: { flags = {}, aliases = {} } }: Command): PageFlag[] {
  return Object.entries(flags)
    .filter(([, flag]) => !('hidden' in flag && flag.hidden))
    .map(([name, flag]) => {
      const letters = Object.entries(aliases).flatMap(([letter, of]) => (of === name ? [`-${letter}`] : []));
      const long = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      const value = valueOf(flag);
      return {
        names: [...letters, long],
        ...(value === undefined ? {} : { value }),
        usage: `${flag.brief}${defaultOf(flag)}`,
      };
    });
}

function valueOf(flag: Flag): string | undefined {
  if (flag.kind === 'enum') return flag.values.join('|');
  return flag.kind === 'parsed' ? (flag.placeholder ?? 'value') : undefined;
}

function defaultOf(flag: Flag): string {
  const standard: unknown = 'default' in flag ? flag.default : undefined;
  if (typeof standard === 'string' && standard !== '') return ` (default: ${standard})`;
  return standard === true ? ' (default: true)' : '';
}
