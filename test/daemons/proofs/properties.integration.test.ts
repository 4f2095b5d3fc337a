import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commit1, verifyCommit1 } from '../../../src/daemons/proofs/commit1.ts';
import { commit1Binary, commit1Json } from '../../../src/daemons/proofs/commit1-output.ts';
import { pieceFill, pieceOfFile, type Piece } from '../../../src/daemons/proofs/pieces.ts';
import { stagePiece, unseal } from '../../../src/daemons/proofs/sealing.ts';
import {
  decodeUpdate,
  proveUpdate,
  regenerateSectorKey,
  verifyUpdate,
} from '../../../src/daemons/proofs/sector-update.ts';
import { parseUpdateProofs, updateProofsJson } from '../../../src/daemons/proofs/update-proofs-json.ts';
import { bytes32, sealSector, SectorDirectory, sectorData, updateSector } from './sector.ts';

const options = { threads: { count: 2 } };
const unpaddedBytes = 2032;
const range = fc
  .tuple(fc.nat(unpaddedBytes - 1), fc.nat(unpaddedBytes - 1))
  .map(([a, b]) => ({ offset: Math.min(a, b), bytes: Math.abs(a - b) + 1 }));
const bytesOf32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const identity = fc.record({
  actorId: fc.bigInt({ min: 0n, max: 2n ** 63n }),
  sectorNumber: fc.bigInt({ min: 0n, max: 2n ** 63n }),
  ticket: bytesOf32,
});

/** Runs a property in a directory of its own. */
async function inDirectory(work: (directory: SectorDirectory) => Promise<void>): Promise<void> {
  const directory = new SectorDirectory();
  try {
    await work(directory);
  } finally {
    directory.remove();
  }
}

describe('sealing', () => {
  it('sealing and unsealing give back any pieces, wherever they lie', async () => {
    const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 508 }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(payloads, identity, fc.constantFrom(0, 5, 10, 15), (parts, sector, proof) =>
        inDirectory(async (directory) => {
          const expected = Buffer.alloc(unpaddedBytes);
          const pieces: Piece[] = [];
          let written = 0;
          for (const [index, payload] of parts.entries()) {
            const { before, after } = pieceFill(written, payload.length);
            const start = written + before;
            const unpadded = payload.length + after;
            if (start + unpadded > unpaddedBytes) break;
            expected.set(payload, start);
            const payloadPath = directory.write(`payload-${index}`, payload);
            const paddedBytes = (unpadded / 127) * 128;
            const commitment = await stagePiece(
              {
                payloadPath,
                payloadBytes: payload.length,
                stagedPath: directory.at('staged'),
                stagedOffset: (start / 127) * 128,
                paddedBytes,
              },
              options,
            );
            const whole = { offset: 0, payloadBytes: payload.length, paddedBytes };
            expect((await pieceOfFile(payloadPath, whole)).commitment).toEqual(commitment);
            pieces.push({ commitment, paddedBytes });
            written = start + unpadded;
          }
          const sealed = await sealSector(directory, proof, sector, { name: 'staged', pieces });
          await unseal(
            proof,
            {
              ...sector,
              sealedPath: directory.at('sealed'),
              outputPath: directory.at('read'),
              scratchDir: directory.at('scratch'),
              commD: sealed.commD,
              offset: 0,
              bytes: unpaddedBytes,
            },
            directory.labels,
          );
          expect(directory.read('read')).toEqual(expected);
        }),
      ),
      { numRuns: 12 },
    );
  });

  it('a vanilla proof of sealing verifies in JSON and in binary, and not for another seed', async () => {
    await fc.assert(
      fc.asyncProperty(identity, bytesOf32, fc.constantFrom(0, 5, 15), (sector, seed, proof) =>
        inDirectory(async (directory) => {
          await directory.stage('staged', sectorData(2048));
          const pieces = [await directory.stage('staged', sectorData(2048))];
          const sealed = await sealSector(directory, proof, sector, { name: 'staged', pieces });
          const statement = { ...sector, seed, commD: sealed.commD, commR: sealed.commR };
          const files = { cacheDir: directory.at('cache'), replicaPath: directory.at('sealed') };
          const output = await commit1(proof, statement, files, options);
          const again = commit1Binary(Buffer.from(commit1Json(sealed.proof, output)));
          expect(again).toEqual({ proof: sealed.proof, binary: output });
          await verifyCommit1(proof, statement, again.binary, options);
          const other = { ...statement, seed: bytes32('another seed') };
          await expect(verifyCommit1(proof, other, output, options)).rejects.toThrow(/another seed/);
        }),
      ),
      { numRuns: 6 },
    );
  });
});

describe('updating a sector', () => {
  it('an updated sector is proven, decodes on any range, and its key is regenerated exactly', async () => {
    await fc.assert(
      fc.asyncProperty(identity, fc.array(range, { minLength: 3, maxLength: 5 }), (sector, ranges) =>
        inDirectory(async (directory) => {
          const sealed = await sealSector(directory, 5, sector, undefined);
          const data = sectorData(2048);
          await directory.stage('fresh', data);
          const statement = await updateSector(directory, sealed, 'fresh');
          const key = { keyPath: directory.at('sealed'), keyCacheDir: directory.at('cache') };
          const updated = {
            replicaPath: directory.at('update'),
            updateCacheDir: directory.at('update-cache'),
          };

          const proofs = await proveUpdate(2048, statement, { ...key, ...updated }, options);
          await verifyUpdate(2048, statement, parseUpdateProofs(updateProofsJson(proofs)), options);

          for (const part of ranges) {
            await decodeUpdate(
              2048,
              {
                ...part,
                ...statement,
                replicaPath: updated.replicaPath,
                keyPath: key.keyPath,
                outputPath: directory.at('read'),
              },
              options,
            );
            expect(directory.read('read')).toEqual(data.subarray(part.offset, part.offset + part.bytes));
          }
          await regenerateSectorKey(
            2048,
            {
              ...statement,
              replicaPath: updated.replicaPath,
              dataPath: directory.at('fresh'),
              keyPath: directory.at('key-again'),
              keyCacheDir: directory.at('key-cache'),
              commC: sealed.commC,
            },
            options,
          );
          expect(directory.read('key-again')).toEqual(directory.read('sealed'));
          expect(directory.read('key-cache/p_aux')).toEqual(directory.read('cache/p_aux'));
        }),
      ),
      { numRuns: 8 },
    );
  });
});
