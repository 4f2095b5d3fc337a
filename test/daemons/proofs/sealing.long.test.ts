import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replicaCommitmentCid } from '../../../src/daemons/proofs/commitment-cid.ts';
import { precommit1, precommit2, prepareParentCache, unseal } from '../../../src/daemons/proofs/sealing.ts';
import { longRunDirectory } from './long-run.ts';
import { vectors } from './vectors.ts';

const threads = { count: availableParallelism() };
const published = (vectors('sealing-comm-r.json') as { vectors: Record<string, unknown>[] }).vectors;
const caches = (
  vectors('sealing-sdr-parent-cache-digests.json') as {
    entries: { registered_proof: number; nodes: number; sha256_of_file: string }[];
  }
).entries;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(longRunDirectory, 'sealing-long-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

// The smaller ones are compared by the tests of the kernels.
test.each(caches.filter(({ nodes }) => nodes === 2 ** 24))(
  'the parent cache of proof $registered_proof has the published digest',
  async ({ registered_proof, sha256_of_file }) => {
    const path = await prepareParentCache(registered_proof, join(directory, 'parents'), { threads });
    expect(await digestOf(path)).toBe(sha256_of_file);
  },
);

test('the published 512MiB sector seals to its CID, file by file, and unseals to zeros', async () => {
  const vector = published.find((candidate) => candidate['registered_proof'] === 7);
  if (vector === undefined) throw new Error('the vectors hold a 512MiB sector');
  const sector = {
    actorId: vector['actor_id'] as number,
    sectorNumber: vector['sector_number'] as number,
    ticket: Buffer.from(vector['ticket'] as string, 'hex'),
    sealedPath: join(directory, 'sealed'),
    cacheDir: join(directory, 'cache'),
  };
  const options = { threads, parentCacheDir: join(directory, 'parents') };
  const { commD } = await precommit1(7, sector, options);
  const layers = vector['sha256_layers'] as string[];
  for (const [index, digest] of layers.entries())
    expect(await digestOf(join(sector.cacheDir, `sc-02-data-layer-${index + 1}.dat`))).toBe(digest);

  const { commR } = await precommit2(7, sector, options);
  expect(replicaCommitmentCid(commR)).toBe(vector['sealed_cid']);
  expect(await digestOf(join(sector.cacheDir, 'sc-02-data-tree-c.dat'))).toBe(
    [vector['tree_c_file_sha256']].flat()[0],
  );
  expect(await digestOf(join(sector.cacheDir, 'sc-02-data-tree-r-last.dat'))).toBe(
    [vector['tree_r_last_file_sha256']].flat()[0],
  );

  const outputPath = join(directory, 'unsealed');
  const bytes = 127 * 2 ** 20;
  await unseal(
    7,
    { ...sector, commD, outputPath, scratchDir: join(directory, 'scratch'), offset: 12345, bytes },
    options,
  );
  expect(await digestOf(outputPath)).toBe(createHash('sha256').update(Buffer.alloc(bytes)).digest('hex'));
});

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
