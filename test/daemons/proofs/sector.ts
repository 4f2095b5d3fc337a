import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commDOfPieces, type Piece } from '../../../src/daemons/proofs/pieces.ts';
import {
  precommit1,
  precommit2,
  stagePiece,
  type SectorIdentity,
} from '../../../src/daemons/proofs/sealing.ts';
import { encodeUpdate } from '../../../src/daemons/proofs/sector-update.ts';
import {
  registeredSealProof,
  type RegisteredSealProof,
} from '../../../src/daemons/proofs/registered-proof.ts';

const options = { threads: { count: 2 } };
/** Graphs are the same for every test of a run. */
const parentCacheDir = join(tmpdir(), 'seal-test-parents');

/** A directory of files around one sector, gone after `remove`. */
export class SectorDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'sector-'));
  readonly labels = { ...options, parentCacheDir };

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, bytes: Uint8Array): string {
    writeFileSync(this.at(name), bytes);
    return this.at(name);
  }

  read(name: string): Buffer {
    return readFileSync(this.at(name));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Stages unpadded data that fills the sector, under a name. */
  async stage(name: string, data: Uint8Array): Promise<Piece> {
    const paddedBytes = (data.length / 127) * 128;
    const commitment = await stagePiece(
      {
        payloadPath: this.write(`${name}-payload`, data),
        payloadBytes: data.length,
        stagedPath: this.at(name),
        stagedOffset: 0,
        paddedBytes,
      },
      options,
    );
    return { commitment, paddedBytes };
  }
}

/** A sector that was sealed for real. */
export interface Sealed {
  readonly proof: RegisteredSealProof;
  readonly identity: SectorIdentity;
  readonly commD: Buffer;
  readonly commC: Buffer;
  readonly commR: Buffer;
}

/** Seals `staged` (nothing: zeros) into `sealed` and `cache`. */
export async function sealSector(
  directory: SectorDirectory,
  proofNumber: number,
  identity: SectorIdentity,
  staged: { readonly name: string; readonly pieces: readonly Piece[] } | undefined,
): Promise<Sealed> {
  const proof = registeredSealProof(proofNumber);
  await precommit1(
    proofNumber,
    {
      ...identity,
      sealedPath: directory.at('sealed'),
      cacheDir: directory.at('cache'),
      ...(staged === undefined
        ? {}
        : {
            stagedPath: directory.at(staged.name),
            expectedCommD: commDOfPieces(proof.sectorBytes, staged.pieces),
          }),
    },
    directory.labels,
  );
  const { commD, commC, commR } = await precommit2(
    proofNumber,
    { cacheDir: directory.at('cache'), sealedPath: directory.at('sealed') },
    options,
  );
  return { proof, identity, commD, commC, commR };
}

/** Updates a sealed sector with `staged`, into `update` and `update-cache`; the statement of its proof. */
export async function updateSector(directory: SectorDirectory, sealed: Sealed, staged: string) {
  const { commRNew, commDNew } = await encodeUpdate(
    sealed.proof.sectorBytes,
    {
      keyPath: directory.at('sealed'),
      keyCacheDir: directory.at('cache'),
      dataPath: directory.at(staged),
      replicaPath: directory.at('update'),
      updateCacheDir: directory.at('update-cache'),
    },
    options,
  );
  return { commROld: sealed.commR, commRNew, commDNew };
}

/** A ticket, seed or anything else of 32 bytes that looks random and is the same every time. */
export function bytes32(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Random unpadded data that fills a sector. */
export function sectorData(sectorBytes: number): Buffer {
  return randomBytes((sectorBytes / 128) * 127);
}
