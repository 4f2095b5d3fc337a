import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkoutInfo } from '../../src/core/version.ts';

const directory = mkdtempSync(join(tmpdir(), 'version-'));
afterAll(() => rmSync(directory, { recursive: true }));

function git(...argv: string[]): string {
  const identity = ['-c', 'user.name=T', '-c', 'user.email=t@example.org'];
  return execFileSync('git', [...identity, ...argv], { cwd: directory, encoding: 'utf8' }).trim();
}

test('a checkout has the version of its last tag, its commits and its edits', () => {
  expect(checkoutInfo(directory).revision).toBe('unknown');
  git('init', '--quiet');
  writeFileSync(join(directory, 'file'), '1');
  git('add', '.');
  git('commit', '--quiet', '-m', 'one');
  git('tag', 'v1.2.3');
  git('tag', 'not-a-release');
  const first = git('rev-parse', 'HEAD');
  expect(checkoutInfo(directory)).toEqual({ version: `1.2.3+git.${first.slice(0, 10)}`, revision: first });
  git('commit', '--quiet', '--allow-empty', '-m', 'two');
  writeFileSync(join(directory, 'file'), '2');
  const second = git('rev-parse', 'HEAD');
  expect(checkoutInfo(directory)).toEqual({
    version: `1.2.4-dev.1+git.${second.slice(0, 10)}.dirty`,
    revision: second,
  });
});
