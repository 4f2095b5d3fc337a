import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockRepo } from '../../../src/daemons/base/repo-lock.ts';

let repo: string;
let holder: ChildProcess | undefined;

beforeEach(async () => {
  repo = await mkdtemp(join(tmpdir(), 'repo-lock-'));
});

afterEach(async () => {
  holder?.kill('SIGKILL');
  await rm(repo, { recursive: true });
});

describe('the lock of a repo', () => {
  it('has one holder at a time, and is free again once released', async () => {
    const lock = await lockRepo(repo);
    await expect(lockRepo(repo)).rejects.toThrow(`another process uses the repo ${repo}`);
    await lock.release();
    await (await lockRepo(repo)).release();
  });

  it('is free again after its holder was killed, however hard', async () => {
    const child = running(
      `await lockRepo(repo); process.stdout.write('locked'); setInterval(() => undefined, 1000);`,
    );
    holder = child;
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await expect(lockRepo(repo)).rejects.toThrow('another process');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    await expect
      .poll(async () => {
        const lock = await lockRepo(repo).catch(() => undefined);
        await lock?.release();
        return lock !== undefined;
      })
      .toBe(true);
  });

  it('holds up the end of a process that has nothing else left to do until it is released', async () => {
    // In one process often, since which of two ends the kernel tells first is a matter of luck.
    const child = running(
      `for (let time = 0; time < 50; time += 1) await (await lockRepo(repo)).release(); process.exitCode = 3;`,
    );
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(3);
  });

  it('cannot be taken where there is no directory', async () => {
    await expect(lockRepo(join(repo, 'missing'))).rejects.toThrow('cannot lock the repo');
  });
});

/** A process of its own that runs a script with `lockRepo` and `repo`. */
function running(script: string) {
  const module = fileURLToPath(new URL('../../../src/daemons/base/repo-lock.ts', import.meta.url));
  const program = `import(${JSON.stringify(module)}).then(async ({ lockRepo }) => {
    const repo = ${JSON.stringify(repo)};
    ${script}
  });`;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
  });
}
