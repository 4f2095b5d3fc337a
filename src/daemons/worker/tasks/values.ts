import { z } from 'zod';
import { dataCommitmentCid, dataCommitmentOf, replicaCommitmentOf } from '../../proofs/commitment-cid.ts';
import { registeredSealProof } from '../../proofs/registered-proof.ts';
import type { SizedSector } from '../../base/transfer/sector-files.ts';
import { toHex } from '../compute/hex.ts';

const count = z.number().int().nonnegative();

/** Schemas of task parameters; each transforms the wire format to the type that tasks use. */
export const sectorRef = z
  .object({ ID: z.object({ Miner: count, Number: count }), ProofType: count })
  .transform(({ ID, ProofType }) => ({ sector: ID, proof: registeredSealProof(ProofType) }));

export type SectorOfTask = z.infer<typeof sectorRef>;

export const unpaddedSize = count.refine((bytes) => bytes % 127 === 0, 'not a number of unpadded bytes');

const cid = z.object({ '/': z.string() });

/** A data or piece commitment, in hexadecimal. */
export const dataCid = cid.transform((value) => toHex(dataCommitmentOf(value['/'])));
/** A replica commitment, in hexadecimal. */
export const replicaCid = cid.transform((value) => toHex(replicaCommitmentOf(value['/'])));

/** 32 bytes, in hexadecimal. */
export const randomness = z
  .base64()
  .transform((text) => Buffer.from(text, 'base64').toString('hex'))
  .refine((hex) => hex.length === 64, 'not 32 bytes');

export const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));

export const pieces = z
  .array(z.object({ Size: count, PieceCID: dataCid }))
  .nullable()
  .transform((list) =>
    (list ?? []).map(({ Size, PieceCID }) => ({ paddedBytes: Size, commitment: PieceCID })),
  );

export type PieceOfTask = z.infer<typeof pieces>[number];

export const reader = z.object({ Type: z.enum(['null', 'http', 'push']), Info: z.string() });

export type ReaderOfTask = z.infer<typeof reader>;

export const fileMask = count.refine((mask) => mask > 0 && mask < 64, 'no mask of sector file types');

/** The size of a task's sector in the form that the storage takes. */
export function sizedOf({ sector, proof }: SectorOfTask): SizedSector {
  return { sector, sectorBytes: proof.sectorBytes };
}

/** A piece in the format of the miner. */
export function pieceInfo(piece: { readonly commitment: string; readonly paddedBytes: number }) {
  return { Size: piece.paddedBytes, PieceCID: cidOf(piece.commitment) };
}

/** The CID object of a data commitment in hexadecimal. */
export function cidOf(commitment: string): { readonly '/': string } {
  return { '/': dataCommitmentCid(Buffer.from(commitment, 'hex')) };
}
