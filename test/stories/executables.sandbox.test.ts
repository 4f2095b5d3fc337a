import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { buildExecutable } from '../../scripts/release/executable.ts';
import { hostTarget, programs } from '../../scripts/release/programs.ts';
import { buildInfo } from '../../src/core/version.ts';
import { executable } from './daemon-processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('a single executable', () => {
  it('a single executable runs without environment, without Node and without a warning', async () => {
    for (const name of ['seal-miner', 'seal-worker', 'seal-bench'] as const) {
      const result = await execa(executable(name), ['--version'], { env: {}, extendEnv: false, cwd: '/' });
      expect(result).toMatchObject({
        stdout: `${name} version ${buildInfo().version}`,
        stderr: '',
        exitCode: 0,
      });
    }
  });

  it('a single executable runs the kernels on a machine that has only this file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'executable-'));
    const flags = ['--sector-size', '2KiB', '--storage-dir', directory, '--parent-cache', directory];
    const { stdout } = await execa(executable('seal-bench'), ['sealing', ...flags, '--format', 'json'], {
      env: {},
      extendEnv: false,
    });
    const { phases } = JSON.parse(stdout) as { phases: { phase: string }[] };
    expect(phases.map(({ phase }) => phase)).toContain('PreCommit2');
    await rm(directory, { recursive: true });
  });

  it('a single executable prints the same as the program it was made of', async () => {
    const [single, script] = await Promise.all([
      execa(executable('seal-worker'), ['resources', '--default'], { env: {}, extendEnv: false }),
      execa(process.execPath, [join(root, 'dist/bin/seal-worker.js'), 'resources', '--default']),
    ]);
    expect(single.stdout).toBe(script.stdout);
    expect(single.stdout).toContain('PC2_32G_GPU_UTILIZATION=1\n');
  });

  it('a single executable is reproducible byte for byte from the same sources', async () => {
    const dist = await mkdtemp(join(tmpdir(), 'executable-'));
    const [worker, target] = [programs.find(({ name }) => name === 'seal-worker'), hostTarget()];
    if (worker === undefined || target === undefined) throw new Error('no executables are made here');
    const output = join(dist, 'seal-worker');
    await buildExecutable({ ...worker, root, target, info: buildInfo(), output });
    const digest = async (file: string) =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
    expect(await digest(output)).toBe(await digest(executable('seal-worker')));
    await rm(dist, { recursive: true });
  });
});
