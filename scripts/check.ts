import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { importsAgainstTheFlow } from './check-imports.ts';
import { staleGeneratedFiles } from './generate.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Each gate returns the lines that say what is wrong; none means it passed. */
const gates: readonly (readonly [name: string, run: () => string[] | Promise<string[]>])[] = [
  ['types', () => command('tsc', ['--noEmit'])],
  ['lint', () => command('oxlint', ['--type-aware', '--deny-warnings', 'src', 'test', 'scripts', 'bench'])],
  ['format', () => command('prettier', ['--check', '--log-level', 'warn', '.'])],
  ['imports', () => importsAgainstTheFlow(root)],
  ['generated files', () => staleGeneratedFiles(root)],
];

let failed = false;
for (const [name, run] of gates) {
  const lines = await run();
  console.log(`${lines.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  for (const line of lines) console.log(`     ${line}`);
  failed ||= lines.length > 0;
}
process.exitCode = failed ? 1 : 0;

function command(name: string, argv: string[]): string[] {
  const { status, stdout, stderr, error } = spawnSync(`node_modules/.bin/${name}`, argv, {
    cwd: root,
    encoding: 'utf8',
  });
  if (status === 0) return [];
  return [error?.message ?? '', stdout, stderr]
    .join('\n')
    .split('\n')
    .filter((line) => line.trim() !== '');
}
