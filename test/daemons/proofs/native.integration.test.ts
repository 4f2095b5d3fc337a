import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadFromBytes, native } from '../../../src/daemons/proofs/native.ts';

const addon = new URL('../../../native/build/Release/seal.node', import.meta.url).pathname;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'native-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test('the addon loads from the checkout, once', () => {
  expect(native()).toBe(native());
  expect(native().zeroCommitment({ level: 2 }).toString('hex')).toBe(
    '3731bb99ac689f66eef5973e4a94da188f4ddcae580724fc6f3fd60dfd488333',
  );
});

test('the addon needs no newer system libraries than Node does', () => {
  const symbols = execFileSync('objdump', ['-T', addon], { encoding: 'utf8' });
  const newest = (library: string): number[] =>
    [...symbols.matchAll(new RegExp(`\\(${library}_([0-9.]+)\\)`, 'g'))]
      .map((match) => (match[1] ?? '').split('.').map(Number))
      .reduce((a, b) => (compareVersions(a, b) >= 0 ? a : b));
  expect(compareVersions(newest('GLIBC'), [2, 28])).toBeLessThanOrEqual(0);
  expect(compareVersions(newest('GLIBCXX'), [3, 4, 25])).toBeLessThanOrEqual(0);
  expect(compareVersions(newest('CXXABI'), [1, 3, 11])).toBeLessThanOrEqual(0);
});

test('an addon carried as bytes is written once, under its digest, for its user alone', () => {
  const bytes = readFileSync(addon);
  const places = [join(directory, 'cache/sealctl')];
  const loaded: string[] = [];
  const load = (file: string) => loaded.push(file);
  expect(loadFromBytes(bytes, places, load, [])).toBe(1);
  expect(loadFromBytes(bytes, places, load, [])).toBe(2);
  expect(new Set(loaded).size).toBe(1);
  expect(readFileSync(loaded[0] ?? '').equals(bytes)).toBe(true);
  expect(readdirSync(join(directory, 'cache/sealctl'))).toHaveLength(1);
});

test('a file that is not the addon, though it has its name, is replaced', () => {
  const bytes = Buffer.from('the addon');
  const file = loadFromBytes(bytes, [directory], (path) => path, []) ?? '';
  chmodSync(file, 0o700);
  writeFileSync(file, 'something else');
  expect(loadFromBytes(bytes, [directory], (path) => readFileSync(path, 'utf8'), [])).toBe('the addon');
});

test('a directory from which nothing loads, or that others can write to, is skipped and reported', () => {
  const shared = join(directory, 'shared');
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  writeFileSync(join(directory, 'file'), '');
  const noexec = join(directory, 'noexec');
  const good = join(directory, 'good');
  const attempts: string[] = [];
  const load = (file: string) => {
    if (file.startsWith(noexec)) throw new Error('failed to map segment from shared object');
    return file;
  };
  const file = loadFromBytes(
    Buffer.from('x'),
    [shared, join(directory, 'file/below'), noexec, good],
    load,
    attempts,
  );
  expect(file?.startsWith(good)).toBe(true);
  expect(attempts).toEqual([
    expect.stringContaining(`${shared}: the directory belongs to or can be written by another user`),
    expect.stringContaining('ENOTDIR'),
    `${noexec}: failed to map segment from shared object`,
  ]);
});

test('when no addon loads, the error lists the attempts and the fix', () => {
  const script = `import('./src/daemons/proofs/native.ts').then(({ native }) => native()).catch((error) => console.log(JSON.stringify(error.problems)))`;
  const output = execFileSync(process.execPath, ['--import', 'tsx', '--eval', script], {
    encoding: 'utf8',
    env: { ...process.env, SEALCTL_NATIVE: '/nowhere/seal.node' },
  });
  expect(JSON.parse(output)).toMatchObject([
    {
      code: 'native-addon-unavailable',
      why: expect.stringContaining('/nowhere/seal.node'),
      fix: 'correct or unset SEALCTL_NATIVE',
    },
  ]);
});

function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
