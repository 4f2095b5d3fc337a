import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dataCommitmentCid,
  dataCommitmentOf,
  pieceCidV2,
  pieceOfCidV2,
  replicaCommitmentCid,
  replicaCommitmentOf,
} from '../../../src/daemons/proofs/commitment-cid.ts';
import { bytesOfHex, vectors } from './vectors.ts';

interface CidVectors {
  readonly piece: readonly {
    readonly payload_bytes: number;
    readonly root: string;
    readonly piece_cid_v1: string;
    readonly piece_cid_v2: string;
  }[];
  readonly sealed: readonly { readonly comm_r: string; readonly sealed_cid: string }[];
}

const published = vectors('sealing-cids.json') as CidVectors;
const commitment = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('commitment CIDs', () => {
  it.each(published.piece)('are the published ones of $payload_bytes bytes', (piece) => {
    const root = bytesOfHex(piece.root);
    expect(dataCommitmentCid(root)).toBe(piece.piece_cid_v1);
    expect(dataCommitmentOf(piece.piece_cid_v1)).toEqual(root);
    expect(pieceCidV2({ commitment: root, payloadBytes: piece.payload_bytes })).toBe(piece.piece_cid_v2);
    expect(pieceOfCidV2(piece.piece_cid_v2)).toEqual({ commitment: root, payloadBytes: piece.payload_bytes });
  });

  it.each(published.sealed)('are the published ones of sealed sectors', (sealed) => {
    expect(replicaCommitmentCid(bytesOfHex(sealed.comm_r))).toBe(sealed.sealed_cid);
    expect(replicaCommitmentOf(sealed.sealed_cid)).toEqual(bytesOfHex(sealed.comm_r));
  });

  it('give back what went in', () => {
    fc.assert(
      fc.property(commitment, fc.integer({ min: 1, max: 2 ** 36 }), (root, payloadBytes) => {
        expect(dataCommitmentOf(dataCommitmentCid(root))).toEqual(root);
        expect(replicaCommitmentOf(replicaCommitmentCid(root))).toEqual(root);
        const piece = { commitment: root, payloadBytes };
        expect(pieceOfCidV2(pieceCidV2(piece))).toEqual(piece);
      }),
    );
  });

  it('are refused where another kind is needed, or nothing that is a CID', () => {
    const data = published.piece[0]?.piece_cid_v1 ?? '';
    const sealed = published.sealed[0]?.sealed_cid ?? '';
    expect(() => replicaCommitmentOf(data)).toThrow(/not the expected kind of CID/);
    expect(() => dataCommitmentOf(sealed)).toThrow(/not the expected kind of CID/);
    expect(() => pieceOfCidV2(data)).toThrow(/not the expected kind of CID/);
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => dataCommitmentOf(text)).toThrow(/not the expected kind of CID/);
      }),
    );
  });
});
