import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkReleaseFiles } from '../../../src/sealctl/spec/check-release-files.ts';
import { secretRefsOf } from '../../../src/sealctl/spec/secret-refs.ts';
import type { UsedProgram } from '../../../src/sealctl/spec/releases.ts';
import { load, specOf, told } from './loading.ts';

const directory = mkdtempSync(join(tmpdir(), 'releases-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'seal-worker'), 'the worker');
const digest = createHash('sha256').update('the worker').digest('hex');

function cluster(release: string): string {
  return [
    'version: 1',
    'cluster: lab',
    'actor: f01000',
    'sectorSize: 32GiB',
    `releases: {r1: ${release}}`,
    'defaults: {release: r1}',
    'miner: {host: m, listen: 10.0.0.2:2345, managed: false}',
    'hosts: {m: {}, v: {tasks: []}, w: {tasks: [C2]}}',
  ].join('\n');
}

function withFile(file: string, sha256: string): readonly UsedProgram[] {
  return load(cluster(`{worker: {file: ${join(directory, file)}, sha256: "${sha256}"}}`)).programs;
}

describe('release files', () => {
  it('that match their digests are fine', async () => {
    expect(await checkReleaseFiles(withFile('seal-worker', digest.toUpperCase()))).toEqual([]);
  });

  it('release files of another digest are told once, where the digest stands, with the one to paste', async () => {
    const problems = await checkReleaseFiles(withFile('seal-worker', '00'.repeat(32)));
    expect(problems).toMatchObject([
      {
        code: 'program-digest',
        severity: 'error',
        fix: `if the file is right, write sha256: ${digest}`,
        where: {
          in: 'source',
          range: {
            line: 5,
            column: `releases: {r1: {worker: {file: ${join(directory, 'seal-worker')}, sha256: `.length + 1,
          },
        },
      },
    ]);
  });

  it('that are missing are told where they are named', async () => {
    expect(await checkReleaseFiles(withFile('gone', digest))).toMatchObject([
      { code: 'program-unreadable', where: { in: 'source', range: { line: 5, column: 32 } } },
    ]);
  });

  it('are looked at whatever else is wrong, and those that no daemon uses are not', async () => {
    const missing = `{worker: {file: ${join(directory, 'gone')}, sha256: "${digest}"}}`;
    const { spec, programs } = load(`${cluster(`${missing}, r2: ${missing}`)}\nrollout: {maxUnavailable: 0}`);
    expect(spec).toBeUndefined();
    expect(await checkReleaseFiles(programs)).toMatchObject([{ code: 'program-unreadable' }]);
  });
});

describe('a manifest of a release', () => {
  const manifest = JSON.stringify({ worker: { file: 'bin/seal-worker', sha256: 'AB'.repeat(32) } });

  it('names the programs, relative to itself', () => {
    const spec = specOf(cluster('{manifest: dist/release.json}'), { '/dist/release.json': manifest });
    expect(spec.hosts[2]?.workers[0]?.release).toEqual({
      name: 'r1',
      worker: { file: '/dist/bin/seal-worker', sha256: 'ab'.repeat(32), requiresCpu: [] },
    });
  });

  it('may say of which build they are', () => {
    const stamped = JSON.stringify({
      ...(JSON.parse(manifest) as object),
      version: '0.1.0+git.0123456789',
      revision: 'ab'.repeat(20),
    });
    expect(told(cluster('{manifest: release.json}'), { '/release.json': stamped })).toEqual([]);
  });

  it('is watched with the rest', () => {
    expect(load(cluster('{manifest: dist/release.json}'), { '/dist/release.json': manifest }).files).toEqual([
      'cluster.yaml',
      '/dist/release.json',
    ]);
  });

  it('gets its problems told in itself', () => {
    const wrong = '{\n  "worker": {"file": "x"}\n}';
    expect(told(cluster('{manifest: release.json}'), { '/release.json': wrong })).toEqual([
      'error missing-key /release.json:2:3',
    ]);
    expect(told(cluster('{manifest: release.json}'), { '/release.json': '[]' })).toEqual([
      'error not-a-map 5:27',
    ]);
  });
});

describe('references to secrets', () => {
  it('are gathered once each, from the miner and from every worker', () => {
    const spec = specOf(
      cluster(`{worker: {file: x, sha256: "${digest}"}}`)
        .replace('defaults: {', 'defaults: {env: {A: {env: X}}, ')
        .replace('w: {', 'w: {env: {B: {command: [c]}}, '),
    );
    expect(secretRefsOf(spec)).toEqual([
      { from: 'miner-token' },
      { from: 'env', name: 'X' },
      { from: 'command', argv: ['c'] },
    ]);
  });
});
