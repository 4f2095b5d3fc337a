import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replicaCommitmentCid } from '../../../src/daemons/proofs/commitment-cid.ts';
import type { LabelThreads, Threads } from '../../../src/daemons/proofs/native-addon.ts';
import {
  cpuFeatures,
  parentCacheDirOf,
  parentCacheFileName,
  precommit1,
  precommit1SideBySide,
  precommit2,
  prepareParentCache,
  replicaId,
  type Precommit1Sector,
} from '../../../src/daemons/proofs/sealing.ts';
import { vectors } from './vectors.ts';

interface SealedVector {
  readonly sector_size: number;
  readonly registered_proof: number;
  readonly actor_id: number;
  readonly sector_number: number;
  readonly ticket: string;
  readonly comm_d: string;
  readonly replica_id: string;
  readonly sealed_cid: string;
}

const published = (vectors('sealing-comm-r.json') as { vectors: SealedVector[] }).vectors;
const caches = (
  vectors('sealing-sdr-parent-cache-digests.json') as {
    entries: { registered_proof: number; nodes: number; cache_id: string; sha256_of_file: string }[];
  }
).entries;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sealing-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function sectorOf(vector: SealedVector, name = 'sector'): Precommit1Sector {
  return {
    actorId: vector.actor_id,
    sectorNumber: vector.sector_number,
    ticket: Buffer.from(vector.ticket, 'hex'),
    sealedPath: join(directory, `${name}-sealed`),
    cacheDir: join(directory, `${name}-cache`),
  };
}

const options = () => ({ threads: { count: 2 }, parentCacheDir: join(directory, 'parents') });

test.each(published.filter((vector) => vector.sector_size === 2048))(
  'a published sector seals to $sealed_cid',
  async (vector) => {
    const sector = sectorOf(vector);
    const proof = vector.registered_proof;
    const one = await precommit1(proof, sector, options());
    expect(one.commD.toString('hex')).toBe(vector.comm_d);
    expect(one.replicaId.toString('hex')).toBe(vector.replica_id);
    expect(replicaId(proof, { ...sector, commD: one.commD })).toEqual(one.replicaId);
    const two = await precommit2(proof, sector, options());
    expect(replicaCommitmentCid(two.commR)).toBe(vector.sealed_cid);
    expect(readdirSync(sector.cacheDir).toSorted()).toEqual([
      'p_aux',
      'sc-02-data-layer-1.dat',
      'sc-02-data-layer-2.dat',
      'sc-02-data-tree-c.dat',
      'sc-02-data-tree-d.dat',
      'sc-02-data-tree-r-last.dat',
      't_aux',
    ]);
    const again = await precommit1(proof, sector, options());
    expect(again.layersKept).toBe(2);
  },
);

test('sectors side by side get the ids that each gets alone', async () => {
  const [vector] = published.filter((candidate) => candidate.registered_proof === 5);
  if (vector === undefined) throw new Error('the vectors hold a 2KiB sector');
  const second = { ...sectorOf(vector, 'second'), sectorNumber: 2n ** 64n - 1n };
  const results = await precommit1SideBySide(5, [sectorOf(vector), second], {
    ...options(),
    labelThreads: { producers: 1 },
  });
  expect(results.map((result) => result.replicaId.toString('hex'))).toEqual([
    vector.replica_id,
    replicaId(5, { ...second, commD: Buffer.from(vector.comm_d, 'hex') }).toString('hex'),
  ]);
});

test('parent caches have the published names, and the small ones the published bytes', async () => {
  for (const { registered_proof, nodes, cache_id, sha256_of_file } of caches) {
    expect(parentCacheFileName(registered_proof)).toBe(`${cache_id}.cache`);
    if (nodes > 64) continue;
    const path = await prepareParentCache(registered_proof, directory);
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(sha256_of_file);
  }
});

test('parent caches lie where the reference looks for them', () => {
  expect(parentCacheDirOf({})).toBe('/var/tmp/filecoin-parents');
  expect(parentCacheDirOf({ FIL_PROOFS_CACHE_DIR: '/data/' })).toBe('/data/filecoin-parents');
  expect(parentCacheDirOf({ FIL_PROOFS_CACHE_DIR: '/data' })).toBe('/datafilecoin-parents');
  expect(parentCacheDirOf({ FIL_PROOFS_CACHE_DIR: '/data/', FIL_PROOFS_PARENT_CACHE: '/parents' })).toBe(
    '/parents',
  );
});

test('progress reports each stage from beginning to end', async () => {
  const [vector] = published.filter((candidate) => candidate.registered_proof === 5);
  if (vector === undefined) throw new Error('the vectors hold a 2KiB sector');
  const seen = new Map<string, number[]>();
  await precommit1(5, sectorOf(vector), {
    ...options(),
    onProgress: ({ stage, done, total }) => {
      expect(total).toBe(64);
      seen.set(stage, [...(seen.get(stage) ?? []), done]);
    },
  });
  expect([...seen.keys()]).toEqual(['tree-d', 'parents', 'layer-1', 'layer-2']);
  for (const done of seen.values()) expect(done).toEqual([0, 64]);
});

test('aborting stops soon and leaves no file that looks complete', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  let aborted = 0;
  // The graph of a 512MiB sector takes most of a minute.
  const running = prepareParentCache(7, directory, {
    threads: { count: 2 },
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done === 0 || aborted !== 0) return;
      aborted = performance.now();
      controller.abort(reason);
    },
  });
  await expect(running).rejects.toBe(reason);
  // A second where the processors are idle.
  expect(performance.now() - aborted).toBeLessThan(5000);
  expect(readdirSync(directory)).toEqual([]);
});

test('an operation aborted before it starts does nothing', async () => {
  await expect(prepareParentCache(5, directory, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  expect(readdirSync(directory)).toEqual([]);
});

test('invalid numbers of threads, CPUs and proofs are refused by name', async () => {
  const prepare = (threads: Threads, proof = 5) => prepareParentCache(proof, directory, { threads });
  await expect(prepare({ count: 2 ** 32 + 1 })).rejects.toThrow('count must be at most 65536');
  await expect(prepare({ count: Number.NaN })).rejects.toThrow(/count must be a non-negative safe integer/);
  for (const cpu of [Number.NaN, -1, 0.5, 2 ** 32])
    await expect(prepare({ count: 1, cpus: [cpu] })).rejects.toThrow('cpus must be an array of CPU numbers');
  await expect(prepare({ count: 1 }, 2 ** 32 + 5)).rejects.toThrow(/proof must be at most/);
  const labels = (labelThreads: LabelThreads) =>
    precommit1(5, sectorOf(published[0] as SealedVector), { ...options(), labelThreads });
  await expect(labels({ producers: 2 ** 32 })).rejects.toThrow('producers must be at most 65536');
  await expect(labels({ producers: 0, consumerCpu: 2 ** 32 })).rejects.toThrow('consumerCpu must be at most');
  expect(readdirSync(directory)).toEqual([]);
});

test('an operation keeps the event loop free', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const path = await prepareParentCache(6, directory);
  clearInterval(timer);
  expect(statSync(path).size).toBe(2 ** 18 * 56);
  expect(turns).toBeGreaterThan(10);
});

test('the CPU features that the kernels use are reported', () => {
  const known = ['sha-ni', 'avx2', 'avx512-ifma'];
  expect(known).toEqual(expect.arrayContaining([...cpuFeatures()]));
});
