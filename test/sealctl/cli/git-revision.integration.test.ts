import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gitRevision } from '../../../src/sealctl/cli/core/git-revision.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'revision-'));
  writeFileSync(join(directory, 'cluster.yaml'), 'version: 1\n');
});
afterEach(() => rmSync(directory, { recursive: true }));

async function git(...words: string[]): Promise<string> {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.net'];
  return (await execa('git', [...identity, ...words], { cwd: directory })).stdout.trim();
}

describe('the git revision of cluster.yaml', () => {
  test('is the commit it lies at', async () => {
    await git('init', '-q');
    await git('add', '.');
    await git('commit', '-qm', 'first');
    expect(await gitRevision(['cluster.yaml'], directory)).toBe(await git('rev-parse', 'HEAD'));
  });

  test('says that the file has changed since, or that an included one is not in git', async () => {
    await git('init', '-q');
    await git('add', '.');
    await git('commit', '-qm', 'first');
    writeFileSync(join(directory, 'hosts.yaml'), 'hosts: {}\n');
    expect(await gitRevision(['cluster.yaml', 'hosts.yaml'], directory)).toMatch(/^[0-9a-f]{40}-dirty$/);
  });

  test('is not known outside a repository', async () => {
    expect(await gitRevision(['cluster.yaml'], directory)).toBeUndefined();
  });
});
