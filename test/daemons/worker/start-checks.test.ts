import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkOpenFiles, softLimit } from '../../../src/daemons/worker/open-files.ts';
import { initWorkerRepo } from '../../../src/daemons/worker/repo.ts';

describe('the limit of open files', () => {
  it('is read from the kernel’s table', () => {
    expect(
      softLimit(
        'Limit  Soft  Hard\nMax open files            1024                 4096                 files\n',
      ),
    ).toBe(1024);
    expect(
      softLimit('Max open files            unlimited            unlimited            files\n'),
    ).toBeUndefined();
  });

  it('refuses a start below the bound, with the way to raise it, and a lab may lower the bound', async () => {
    const beyond = String(2 ** 40);
    await expect(checkOpenFiles({ SEAL_WORKER_MIN_NOFILE: beyond })).rejects.toMatchObject({
      problems: [{ code: 'too-few-files', fix: expect.stringContaining('LimitNOFILE=') }],
    });
    await expect(checkOpenFiles({ SEAL_WORKER_MIN_NOFILE: '16' })).resolves.toBeUndefined();
    await expect(checkOpenFiles({ SEAL_WORKER_MIN_NOFILE: 'few' })).rejects.toThrow('is not a whole number');
  });
});

describe('the repo of a worker', () => {
  it('is made once, keeps listed paths, and never gives a path a new identity', async () => {
    const repo = await mkdtemp(join(tmpdir(), 'worker-repo-'));
    const read = async (file: string): Promise<unknown> =>
      JSON.parse(await readFile(join(repo, file), 'utf8'));
    await writeFile(join(repo, 'storage.json'), '{"StoragePaths":[{"Path":"/mnt/a"}]}');
    await writeFile(join(repo, 'sectorstore.json'), '{"ID":"kept","CanSeal":true}');
    await initWorkerRepo(repo, { noLocalStorage: false, id: 'new' });
    expect(await read('storage.json')).toEqual({ StoragePaths: [{ Path: '/mnt/a' }, { Path: repo }] });
    expect(await read('sectorstore.json')).toMatchObject({ ID: 'kept' });
    expect((await stat(join(repo, 'keystore'))).mode & 0o777).toBe(0o700);
    await writeFile(join(repo, 'storage.json'), '{"StoragePaths":null}');
    await initWorkerRepo(repo, { noLocalStorage: false, id: 'new' });
    expect(await read('storage.json')).toEqual({ StoragePaths: null });
    await rm(repo, { recursive: true });
  });

  it('is for nobody but its account, below parents that others may pass', async () => {
    const home = await mkdtemp(join(tmpdir(), 'worker-repo-'));
    await initWorkerRepo(join(home, 'of/worker'), { noLocalStorage: true, id: 'new' });
    const mode = async (path: string): Promise<number> => (await stat(join(home, path))).mode & 0o777;
    expect([await mode('of'), await mode('of/worker')]).toEqual([0o755, 0o700]);
    await rm(home, { recursive: true });
  });
});
