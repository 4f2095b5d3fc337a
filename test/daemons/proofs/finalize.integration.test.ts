import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheFiles } from '../../../src/daemons/proofs/cache-files.ts';
import { finalizeCache, type FinalizeRequest } from '../../../src/daemons/proofs/finalize.ts';
import { registeredSealProof } from '../../../src/daemons/proofs/registered-proof.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'finalize-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** The files of a 2 KiB sector with the sizes that they have; their content is of no concern here. */
async function sealed(number: number): Promise<FinalizeRequest> {
  const proof = registeredSealProof(number);
  const files = cacheFiles(directory, proof);
  const write = (path: string, bytes: number) => writeFile(path, Buffer.alloc(bytes));
  const replicaPath = join(directory, 'sealed');
  await write(replicaPath, 2048);
  for (const layer of files.layers) await write(layer, 2048);
  await write(files.treeD, 127 * 32);
  for (const tree of files.treeC) await write(tree, 73 * 32);
  for (const tree of files.treeR) await write(tree, 32);
  await write(files.persistentAux, 64);
  await write(files.temporaryAux, 300);
  await write(files.syntheticProofs, 575_072);
  return { proof, cacheDir: directory, replicaPath, trim: 'all' };
}

const kept = ['p_aux', 'sc-02-data-tree-r-last.dat', 'sealed', 't_aux'];

describe('finalizing a cache', () => {
  it('finalizing keeps p_aux, t_aux, tree R and the replica, and returns the freed bytes', async () => {
    const request = await sealed(5);
    const { removed, freedBytes } = await finalizeCache(request);
    expect((await readdir(directory)).sort()).toEqual(kept);
    expect(removed).toHaveLength(5);
    expect(freedBytes).toBe(2 * 2048 + 127 * 32 + 73 * 32 + 575_072);
    expect(await finalizeCache(request)).toEqual({ removed: [], freedBytes: 0 });
  });

  it('finalizing keeps the synthetic proofs while they are needed', async () => {
    await finalizeCache({ ...(await sealed(10)), trim: 'layers' });
    expect((await readdir(directory)).sort()).toEqual([...kept, 'syn-porep-vanilla-proofs.dat'].sort());
  });

  it.each([
    ['the replica', 'sealed'],
    ['p_aux', 'p_aux'],
    ['tree R', 'sc-02-data-tree-r-last.dat'],
    ['the synthetic proofs', 'syn-porep-vanilla-proofs.dat'],
  ])('deletes nothing when %s was cut by a node', async (_, name) => {
    const request = await sealed(10);
    const before = await readdir(directory);
    const { size } = await stat(join(directory, name));
    await truncate(join(directory, name), size - 32);
    await expect(finalizeCache({ ...request, trim: 'layers' })).rejects.toMatchObject({
      problems: [{ code: 'incomplete-cache', summary: expect.stringContaining(name) }],
    });
    expect(await readdir(directory)).toEqual(before);
  });

  it('finalizing accepts tree R with any number of discarded rows', async () => {
    const request = await sealed(5);
    const [tree = ''] = cacheFiles(directory, request.proof).treeR;
    await writeFile(tree, Buffer.alloc((8 + 1) * 32));
    await finalizeCache(request);
    expect((await stat(tree)).size).toBe(9 * 32);
  });

  it('finalizing deletes nothing when a file that must stay is missing or truncated', async () => {
    const request = await sealed(10);
    const files = cacheFiles(directory, request.proof);
    const before = (await readdir(directory)).length;
    await truncate(files.persistentAux, 63);
    await truncate(request.replicaPath, 100);
    await expect(finalizeCache(request)).rejects.toMatchObject({
      problems: [{ code: 'incomplete-cache' }, { code: 'incomplete-cache' }],
    });
    await rm(files.syntheticProofs);
    await expect(finalizeCache({ ...request, trim: 'layers' })).rejects.toThrow(/syn-porep/);
    expect((await readdir(directory)).length).toBe(before - 1);
  });
});
