import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealctl } from './run-sealctl.ts';

const examples = join(import.meta.dirname, '../../../examples');

let checkout: string;
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'sealctl-show-'));
  cpSync(examples, join(checkout, 'examples'), { recursive: true });
  const program = (name: string, digit: string) => ({ file: name, sha256: digit.repeat(64) });
  mkdirSync(join(checkout, 'dist'));
  writeFileSync(
    join(checkout, 'dist/release.json'),
    JSON.stringify({ worker: program('seal-worker', 'a'), miner: program('seal-miner', 'b') }),
  );
});
afterAll(() => rmSync(checkout, { recursive: true }));

/** Without the width of its columns, which depends on where the checkout lies. */
async function shown(example: string, host: string): Promise<string> {
  const { stdout, stderr } = await sealctl(['show', host], join(checkout, 'examples', example));
  expect(stderr).toBe('');
  return stdout.replaceAll(checkout, '/checkout').replaceAll(/ {2,}/g, '  ');
}

test.each([
  ['gpu-host', 'gpu-1'],
  ['miner-with-worker', 'node-1'],
])(
  'of the example %s, all that %s gets is shown as one would write it, with its place',
  async (example, host) => {
    await expect(shown(example, host)).resolves.toMatchFileSnapshot(`golden/show-${example}.txt`);
  },
);

test('releases are kept by the number that stands in the file, or by the built-in one', async () => {
  expect(await shown('gpu-host', 'gpu-1')).toContain('\nkeepReleases  2  built-in\n');
  expect(await shown('everything', 'vault-1')).toContain('\nkeepReleases  3  defaults  cluster.yaml:50:3\n');
});

test('a secret in the environment is shown by its source', async () => {
  const text = await shown('everything', 'box-1');
  expect(text).toContain(
    '\nEXAMPLE_PASSWORD  (secret from command pass show example)  host  hosts/provers.yaml:33:43\n',
  );
});

test('programs read the same', async () => {
  const cwd = join(checkout, 'examples/gpu-host');
  const { stdout } = await sealctl(['show', 'gpu-1', '--format', 'json'], cwd);
  const sections = JSON.parse(stdout) as Record<string, readonly { readonly key: string }[]>;
  const line = readFileSync(join(cwd, 'cluster.yaml'), 'utf8')
    .split('\n')
    .findIndex((text) => text.includes('PC1: 4'));
  expect(sections['worker seal, environment']).toContainEqual({
    key: 'PC1_32G_MAX_CONCURRENT',
    value: '4',
    layer: 'worker',
    from: expect.stringContaining(`cluster.yaml:${line + 1}:`),
  });
});
