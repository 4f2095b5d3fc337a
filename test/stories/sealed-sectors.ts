import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect } from 'vitest';
import { sectorName } from '../../src/core/lotus/sector-file.ts';
import type { TaskCode } from '../../src/core/lotus/task-type.ts';
import type { WorkerTaskMethod } from '../../src/core/lotus/worker-api.ts';
import { commit1 } from '../../src/daemons/proofs/commit1.ts';
import { commit1JsonParts } from '../../src/daemons/proofs/commit1-output.ts';
import { commit1WrapperParts } from '../../src/daemons/proofs/commit1-wrapper.ts';
import { replicaCommitmentCid } from '../../src/daemons/proofs/commitment-cid.ts';
import { zeroCommitment } from '../../src/daemons/proofs/pieces.ts';
import { registeredSealProof } from '../../src/daemons/proofs/registered-proof.ts';
import { precommit1, precommit2 } from '../../src/daemons/proofs/sealing.ts';
import { workerHosts, type SealingTestbed, type SealingHost } from './sealing-cluster.ts';
import type { SealingLab } from './sealing-lab.ts';

/** The steps of a pledged sector, with what a worker is called for in each. */
const steps = {
  AP: 'AddPiece',
  PC1: 'SealPreCommit1',
  PC2: 'SealPreCommit2',
  C1: 'SealCommit1',
  C2: 'SealCommit2',
  FIN: 'FinalizeSector',
} as const satisfies Partial<Record<TaskCode, WorkerTaskMethod>>;

/** What is left of a cache besides t_aux, which names the directory that it was made in. */
const kept = ['p_aux', 'sc-02-data-tree-r-last.dat'];

/**
 * Seals a pledged sector once more in this process, with the ticket and seed that the miner gave it, and expects the same bytes on disk,
 * in one place only, the same commitment, a proof of just these, and no step begun again by any of the workers that was not cut short before.
 * Looks for what was begun on `hosts`.
 */
export async function expectSealedRight(
  testbed: SealingTestbed,
  lab: SealingLab,
  sector: number,
  hosts: readonly SealingHost[] = workerHosts,
): Promise<void> {
  const status = await lab.status(sector);
  const id = { Miner: 1000, Number: sector };
  const begun = await lab.begun(sector, hosts);
  for (const [step, method] of Object.entries(steps) as [keyof typeof steps, WorkerTaskMethod][]) {
    const times = begun.filter((one) => one === method).length;
    const failed = step === 'AP' ? 'failed;AP:0' : `failed;${step}`;
    const again = (await lab.times(sector, failed)) + (await lab.takenBack(sector, step));
    expect(times, `${method} of sector ${sector}`).toBeGreaterThan(0);
    expect(times, `${method} of sector ${sector} begun again without need`).toBeLessThanOrEqual(1 + again);
  }
  for (const file of [2, 4])
    expect(await lab.miner.call('StorageFindSector', [id, file, 0, false])).toHaveLength(1);

  const proof = registeredSealProof(status.SealProof);
  const directory = mkdtempSync(join(tmpdir(), 'again-'));
  try {
    const [sealedPath, cacheDir] = [join(directory, 'sealed'), join(directory, 'cache')];
    const ticket = Buffer.from(status.Ticket.Value ?? '', 'base64');
    const identity = { actorId: id.Miner, sectorNumber: sector, ticket };
    const labels = { parentCacheDir: join(tmpdir(), 'seal-test-parents'), labelThreads: { producers: 0 } };
    const options = { threads: { count: 2 } };
    const commD = zeroCommitment(Math.log2(proof.sectorBytes / 32));
    await precommit1(
      proof.number,
      { ...identity, sealedPath, cacheDir, expectedCommD: commD },
      { ...options, ...labels },
    );
    const { commR } = await precommit2(proof.number, { sealedPath, cacheDir }, options);
    expect(status.CommR).toEqual({ '/': replicaCommitmentCid(commR) });

    const seed = Buffer.from(status.Seed.Value ?? '', 'base64');
    const vanilla = await commit1(
      proof.number,
      { ...identity, seed, commD, commR },
      { cacheDir, replicaPath: sealedPath },
      options,
    );
    const wrapper = { sectorNumber: sector, sectorBytes: proof.sectorBytes };
    const input = [...commit1WrapperParts(wrapper, commit1JsonParts(proof, vanilla))].join('');
    const digest = createHash('sha256').update(input).digest('hex');
    expect(Buffer.from(status.Proof ?? '', 'base64').toString()).toBe(digest.repeat(3));

    const store = `${testbed.host('worker-2').data}/store`;
    const name = sectorName(id);
    const files = [`sealed/${name}`, ...kept.map((file) => `cache/${name}/${file}`)];
    const told = await testbed.shell(
      'worker-2',
      `cd '${store}' && sha256sum ${files.join(' ')} && ls cache/${name}`,
    );
    const again = [sealedPath, ...kept.map((file) => join(cacheDir, file))];
    const wanted = await Promise.all(again.map(async (path, at) => `${await digestOf(path)}  ${files[at]}`));
    expect(told.trim().split('\n')).toEqual([...wanted, ...kept, 't_aux']);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
