import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import {
  decodeUpdate,
  proveUpdate,
  regenerateSectorKey,
  verifyUpdate,
} from '../../../src/daemons/proofs/sector-update.ts';
import { bytes32, sealSector, SectorDirectory, sectorData, updateSector } from './sector.ts';

const options = { threads: { count: 2 } };
const identity = { actorId: 1000, sectorNumber: 7, ticket: bytes32('ticket') };

describe('an 8 MiB sector, with four partitions and two discarded rows', () => {
  const sectorBytes = 2 ** 23;

  it('is updated, proven, decoded and taken back', async () => {
    const large = new SectorDirectory();
    try {
      const key = await sealSector(large, 6, identity, undefined);
      const data = sectorData(sectorBytes);
      await large.stage('fresh', data);
      const statement = await updateSector(large, key, 'fresh');
      const keyFiles = { keyPath: large.at('sealed'), keyCacheDir: large.at('cache') };
      const replicaPath = large.at('update');
      const proofs = await proveUpdate(
        sectorBytes,
        statement,
        { ...keyFiles, replicaPath, updateCacheDir: large.at('update-cache') },
        options,
      );
      expect(proofs).toHaveLength(4);
      await verifyUpdate(sectorBytes, statement, proofs, options);
      const swapped = [proofs[1], proofs[0], proofs[2], proofs[3]].filter((proof) => proof !== undefined);
      await expect(verifyUpdate(sectorBytes, statement, swapped, options)).rejects.toThrow(ProblemError);

      await decodeUpdate(
        sectorBytes,
        {
          ...statement,
          replicaPath,
          keyPath: large.at('sealed'),
          outputPath: large.at('read'),
          offset: 1_000_001,
          bytes: 5_000_000,
        },
        options,
      );
      expect(large.read('read').equals(data.subarray(1_000_001, 6_000_001))).toBe(true);
      await regenerateSectorKey(
        sectorBytes,
        {
          ...statement,
          replicaPath,
          dataPath: large.at('fresh'),
          keyPath: large.at('again'),
          keyCacheDir: large.at('again-cache'),
          commC: key.commC,
        },
        options,
      );
      expect(large.read('again').equals(large.read('sealed'))).toBe(true);
    } finally {
      large.remove();
    }
  });
});
