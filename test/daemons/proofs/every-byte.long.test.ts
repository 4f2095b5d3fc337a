import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import { commit1, verifyCommit1 } from '../../../src/daemons/proofs/commit1.ts';
import { proveUpdate, verifyUpdate } from '../../../src/daemons/proofs/sector-update.ts';
import { bytes32, sealSector, SectorDirectory, sectorData, updateSector, type Sealed } from './sector.ts';

const options = { threads: { count: 2 } };
const identity = { actorId: 1000, sectorNumber: 7, ticket: bytes32('ticket') };

let directory: SectorDirectory;
let sealed: Sealed;
beforeAll(async () => {
  directory = new SectorDirectory();
  const pieces = [await directory.stage('staged', sectorData(2048))];
  sealed = await sealSector(directory, 5, identity, { name: 'staged', pieces });
});
afterAll(() => {
  directory.remove();
});

/** The offsets at which a changed byte went unnoticed. */
async function unnoticed(
  bytes: Uint8Array,
  verify: (changed: Uint8Array) => Promise<void>,
): Promise<number[]> {
  const offsets: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Uint8Array.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    try {
      await verify(changed);
      offsets.push(at);
    } catch (error) {
      expect(error).toBeInstanceOf(ProblemError);
    }
  }
  return offsets;
}

describe('every single byte matters', () => {
  it('every changed byte of a C1 output is noticed', async () => {
    const statement = { ...identity, seed: bytes32('seed'), commD: sealed.commD, commR: sealed.commR };
    const files = { cacheDir: directory.at('cache'), replicaPath: directory.at('sealed') };
    const output = await commit1(5, statement, files, options);
    expect(output).toHaveLength(28_248);
    expect(await unnoticed(output, (changed) => verifyCommit1(5, statement, changed, options))).toEqual([]);
  });

  it('every changed byte of an update proof is noticed', async () => {
    await directory.stage('fresh', sectorData(2048));
    const statement = await updateSector(directory, sealed, 'fresh');
    const [proof = Buffer.alloc(0), ...others] = await proveUpdate(
      2048,
      statement,
      {
        keyPath: directory.at('sealed'),
        keyCacheDir: directory.at('cache'),
        replicaPath: directory.at('update'),
        updateCacheDir: directory.at('update-cache'),
      },
      options,
    );
    expect(others).toEqual([]);
    expect(await unnoticed(proof, (changed) => verifyUpdate(2048, statement, [changed], options))).toEqual(
      [],
    );
  });
});
