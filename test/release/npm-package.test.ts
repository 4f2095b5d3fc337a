import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { artifact } from './artifacts.ts';

let home: string;
let env: Record<string, string>;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'npm-package-'));
  const tools = join(home, 'tools');
  mkdirSync(tools);
  // Node, npm and the few programs that npm itself starts: no compiler, no make, no python.
  for (const name of ['node', 'npm', 'sh', 'env']) {
    const { stdout } = await execa('which', [name]);
    symlinkSync(stdout, join(tools, name));
  }
  env = { PATH: tools, HOME: home, npm_config_prefix: join(home, 'global'), npm_config_offline: 'true' };
});
afterAll(() => rmSync(home, { recursive: true }));

const run = (command: string, argv: readonly string[]) =>
  execa(command, argv, { env, extendEnv: false, cwd: home, reject: false });

describe('the npm package of sealctl', () => {
  it('is small, brings everything with it and runs no script', async () => {
    const file = artifact(/^sealctl-\d.*\.tgz$/);
    expect(statSync(file).size).toBeLessThan(5 * 2 ** 20);
    const { stdout } = await execa('tar', ['-xzOf', file, 'package/package.json']);
    const manifest = JSON.parse(stdout) as { scripts?: object; dependencies?: object };
    expect(manifest.dependencies).toBeUndefined();
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => name.endsWith('install'))).toEqual([]);
  });

  it('installs without a compiler and without a network, and validates a cluster', async () => {
    const installed = await run('npm', ['install', '--global', artifact(/^sealctl-\d.*\.tgz$/)]);
    expect(installed).toMatchObject({ exitCode: 0, stderr: '' });
    const sealctl = join(home, 'global/bin/sealctl');
    const { stdout: version } = await run(sealctl, ['--version']);
    expect(version).toMatch(/^\d+\.\d+\.\d+\S*\+git\.[0-9a-f]{10}$/);

    writeFileSync(
      join(home, 'cluster.yaml'),
      [
        'version: 1',
        'cluster: lab',
        'actor: f01000',
        'sectorSize: 32GiB',
        'releases: {one: {worker: {file: worker, sha256: "87eba76e7f3164534045ba922e7770fb58bbd14ad732bbf5ba6f11cc56989e6e"}}}',
        'defaults: {release: one}',
        'miner: {host: miner-1, listen: 10.0.0.2:2345, managed: false, token: {env: TOKEN}}',
        'hosts: {miner-1: {address: 10.0.0.2}, worker-1: {address: 10.0.0.11, tasks: [PC1]}}',
        '',
      ].join('\n'),
    );
    writeFileSync(join(home, 'worker'), 'worker');
    chmodSync(join(home, 'worker'), 0o755);
    const valid = await run(sealctl, ['validate']);
    expect(valid.stdout + valid.stderr).toContain('cluster.yaml is valid');
    expect(valid.exitCode).toBe(0);
  });

  it('has what a user needs beside the program', async () => {
    const { stdout: rootOfPackages } = await run('npm', ['root', '--global']);
    const folder = join(rootOfPackages, 'sealctl');
    for (const file of [
      'README.md',
      'LICENSE-MIT',
      'LICENSE-APACHE',
      'dist/THIRD-PARTY-NOTICES',
      'dist/schemas/cluster.schema.json',
      'dist/docs/cluster-yaml.md',
      'dist/completions/sealctl.bash',
    ])
      expect(existsSync(join(folder, file)), file).toBe(true);
    expect(readFileSync(join(folder, 'dist/THIRD-PARTY-NOTICES'), 'utf8')).toContain('\nssh2 1');
    expect(existsSync(join(dirname(rootOfPackages), '../share/man/man1/sealctl.1'))).toBe(true);
  });
});
