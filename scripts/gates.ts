import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { join } from 'node:path';
import { danglingCitations } from './check-citations.ts';
import { importsAgainstTheFlow } from './check-imports.ts';
import { staleGeneratedFiles } from './generate.ts';

/** One thing that must hold of the whole tree. */
export interface Gate {
  readonly name: string;
  /** The lines that say what is wrong with the tree below `root`; none when the gate is passed. */
  readonly run: (root: string) => readonly string[] | Promise<readonly string[]>;
}

export const gates: readonly Gate[] = [
  { name: 'types', run: (root) => command(root, 'tsc', ['--noEmit']) },
  {
    name: 'lint',
    run: (root) =>
      command(root, 'oxlint', ['--type-aware', '--deny-warnings', 'src', 'test', 'scripts', 'bench']),
  },
  { name: 'format', run: (root) => command(root, 'prettier', ['--check', '--log-level', 'warn', '.']) },
  { name: 'imports', run: importsAgainstTheFlow },
  { name: 'generated files', run: staleGeneratedFiles },
  { name: 'citations', run: danglingCitations },
];

function command(root: string, name: string, argv: readonly string[]): string[] {
  const { status, stdout, stderr, error } = spawnSync(join(root, 'node_modules/.bin', name), argv, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return [];
  // Some tools color what they say in CI, whatever they are told.
  const text = stripVTControlCharacters([error?.message ?? '', stdout, stderr].join('\n'));
  const lines = text.split('\n');
  const said = lines.filter((line) => line.trim() !== '');
  return said.length > 0 ? said : [`${name} ended with ${status}`];
}
