import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gates } from '../../scripts/gates.ts';
import { generatedFiles } from '../../scripts/generate.ts';
import { layers } from '../../scripts/layers.ts';

const repository = join(import.meta.dirname, '../..');
const settings = ['package.json', 'tsconfig.json', '.oxlintrc.json', '.prettierrc.json', '.prettierignore'];
let root: string;

/** A small tree that passes every gate, judged by the settings of this repository. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sealctl-gates-'));
  for (const file of [...settings, ...generatedFiles.map(({ path }) => path)])
    cpSync(join(repository, file), join(root, file));
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  for (const folder of ['test', 'scripts', 'bench']) mkdirSync(join(root, folder));
  // A rule of the lint gate is code of the repository's own.
  cpSync(join(repository, 'scripts/lint'), join(root, 'scripts/lint'), { recursive: true });
  for (const [room, folders] of Object.entries(layers)) {
    cpSync(join(repository, 'src', room, 'package.json'), join(root, 'src', room, 'package.json'));
    for (const folder of Object.keys(folders)) mkdirSync(join(root, 'src', room, folder));
  }
  write('src/sealctl/spec/answer.ts', 'export const answer = 42;\n');
  // The generated page of cluster.yaml's keys cites it.
  write('src/sealctl/spec/schema/schema.ts', 'export const schema = {};\n');
  write(
    'src/sealctl/kinds/question.ts',
    "import { answer } from '../spec/answer.ts';\n\nexport const question = `${answer}?`;\n",
  );
});

afterEach(() => rmSync(root, { recursive: true }));

test('a clean tree passes every gate', async () => {
  for (const gate of gates) expect([gate.name, ...(await gate.run(root))]).toEqual([gate.name]);
});

test('types: a number where a string belongs is found', async () => {
  write('src/sealctl/spec/wrong.ts', 'export const wrong: string = 42;\n');
  expect(await linesOf('types')).toContainEqual(
    expect.stringMatching(/src\/sealctl\/spec\/wrong\.ts.*TS2322/),
  );
});

test('types: a test that does not compile is found', async () => {
  write('test/wrong.test.ts', 'export const wrong: string = 42;\n');
  expect(await linesOf('types')).toContainEqual(expect.stringMatching(/test\/wrong\.test\.ts.*TS2322/));
});

test('lint: a promise that nobody waits for is found, which takes types', async () => {
  write('src/sealctl/spec/wrong.ts', 'export function wrong(): void {\n  Promise.resolve(42);\n}\n');
  expect((await linesOf('lint')).join('\n')).toMatch(
    /no-floating-promises[^]*src\/sealctl\/spec\/wrong\.ts:2/,
  );
});

test('lint: a word to the console from the sources is found', async () => {
  write('src/sealctl/spec/wrong.ts', "export const wrong = (): void => console.log('x');\n");
  expect((await linesOf('lint')).join('\n')).toMatch(/no-console[^]*src\/sealctl\/spec\/wrong\.ts:1/);
});

test.each(['every', 'some'])('lint: a test that expects something of list.%s is found', async (method) => {
  write(
    'test/wrong.test.ts',
    `import { expect, it } from 'vitest';\n\nit('x', () => expect([1].${method}((n) => n > 0)).toBe(true));\n`,
  );
  expect((await linesOf('lint')).join('\n')).toMatch(/vague-expects[^]*test\/wrong\.test\.ts:3/);
});

test('format: a file that prettier would write otherwise is found', async () => {
  write('src/sealctl/spec/wrong.ts', 'export const wrong  =  42\n');
  expect(await linesOf('format')).toContainEqual(expect.stringContaining('src/sealctl/spec/wrong.ts'));
});

test.for([
  ['a static import', "export { question as wrong } from '../kinds/question.ts';\n"],
  ['an import of a type', "import type { Q } from '../kinds/question.ts';\n\nexport type Wrong = Q;\n"],
  ['a dynamic import', "export const wrong = await import('../kinds/question.ts');\n"],
] as const)('imports: %s that points against the flow is found', async ([, text]) => {
  write('src/sealctl/spec/wrong.ts', text);
  expect(await linesOf('imports')).toEqual([
    expect.stringMatching(
      /^src\/sealctl\/spec\/wrong\.ts:1: src\/sealctl\/spec may not import src\/sealctl\/kinds/,
    ),
  ]);
});

test('imports: a folder that has no place in the flow is found', async () => {
  write('src/sealctl/misc/wrong.ts', 'export const wrong = 42;\n');
  expect(await linesOf('imports')).toEqual([
    'src/sealctl/misc/wrong.ts:1: folder src/sealctl/misc is not in scripts/layers.ts',
  ]);
});

test('imports: a place in the flow without a folder is found', async () => {
  rmSync(join(root, 'src/daemons/miner'), { recursive: true });
  expect(await linesOf('imports')).toEqual(['scripts/layers.ts:1: src/daemons/miner does not exist']);
});

test('imports: a file of another room is found, whichever way it is named', async () => {
  write('src/core/text/wrong.ts', "export { answer } from '../../sealctl/spec/answer.ts';\n");
  write('src/sealctl/cli/wrong.ts', "\nexport { runMiner } from '@sealctl/daemons/miner/miner';\n");
  expect(await linesOf('imports')).toEqual([
    "src/core/text/wrong.ts:1: src/core may not import src/sealctl/spec/answer.ts, which is outside the room; import it by its package's name",
    'src/sealctl/cli/wrong.ts:2: src/sealctl/package.json does not list @sealctl/daemons',
  ]);
});

test('imports: a library that the room does not list is found', async () => {
  write('src/core/text/wrong.ts', "export { parse } from 'yaml';\n");
  expect(await linesOf('imports')).toEqual([
    'src/core/text/wrong.ts:1: src/core/package.json does not list yaml',
  ]);
});

test('generated files: one that was edited, and one that is missing, are found', async () => {
  const [edited, missing] = generatedFiles;
  if (edited === undefined || missing === undefined) throw new Error('fewer than two generated files');
  write(edited.path, '{}\n');
  rmSync(join(root, missing.path));
  expect(await linesOf('generated files')).toEqual([
    `${edited.path}: run npm run generate`,
    `${missing.path}: run npm run generate`,
  ]);
});

test('citations: a page that a comment names and that is not there is found', async () => {
  write(
    'src/sealctl/spec/wrong.ts',
    '/** The answer. Source: docs/spec/gone.md section 1. */\nexport const wrong = 42;\n',
  );
  expect(await linesOf('citations')).toContain(
    'src/sealctl/spec/wrong.ts:1: cites docs/spec/gone.md, which does not exist',
  );
});

async function linesOf(name: string): Promise<readonly string[]> {
  const gate = gates.find((gate) => gate.name === name);
  if (gate === undefined) throw new Error(`no gate '${name}'`);
  return gate.run(root);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
