import * as fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataCommitmentCid } from '../../../src/daemons/proofs/commitment-cid.ts';
import {
  PieceHasher,
  commDOfPieces,
  fr32Pad,
  fr32Unpad,
  pieceFill,
  pieceOfFile,
  zeroCommitment,
} from '../../../src/daemons/proofs/pieces.ts';
import { vectors } from './vectors.ts';

const commP = vectors('sealing-commp.json') as {
  constant_payloads: {
    payload: string;
    payload_bytes: number;
    padded_piece_bytes: number;
    piece_cid: string;
  }[];
  random_payload_samples: { payload_hex: string; padded_piece_bytes: number; root: string }[];
};

test('published payloads have the published commitments', () => {
  for (const { payload_hex, padded_piece_bytes, root } of commP.random_payload_samples) {
    const hasher = new PieceHasher();
    hasher.update(Buffer.from(payload_hex, 'hex'));
    const { commitment, paddedBytes } = hasher.finish();
    expect(Buffer.from(commitment).toString('hex')).toBe(root);
    expect(paddedBytes).toBe(padded_piece_bytes);
  }
});

test('published payloads of one repeated byte have the published piece CIDs', () => {
  for (const { payload, payload_bytes, piece_cid } of commP.constant_payloads) {
    if (payload_bytes > 4 << 20) continue;
    const hasher = new PieceHasher();
    hasher.update(Buffer.alloc(payload_bytes, payload.includes('0xcc') ? 0xcc : 0));
    expect(dataCommitmentCid(hasher.finish().commitment)).toBe(piece_cid);
  }
});

test('zero commitments of every size have the published piece CIDs', () => {
  const { entries } = vectors('sealing-zero-commitments.json') as {
    entries: { level: number; piece_cid: string }[];
  };
  expect(entries).toHaveLength(39);
  for (const { level, piece_cid } of entries)
    expect(dataCommitmentCid(zeroCommitment(level))).toBe(piece_cid);
});

test('unpadding any range gives the bytes that were padded', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 900 }), fc.nat(), fc.nat(), (data, a, b) => {
      const whole = new Uint8Array(Math.ceil(data.length / 127) * 127);
      whole.set(data);
      const offset = a % whole.length;
      const bytes = b % (whole.length - offset + 1);
      const range = fr32Unpad(fr32Pad(whole), offset, bytes);
      expect(range.equals(whole.subarray(offset, offset + bytes))).toBe(true);
    }),
  );
});

test('a range outside of the data is refused', () => {
  expect(() => fr32Unpad(new Uint8Array(128), 100, 28)).toThrow(/range/);
  expect(() => fr32Unpad(new Uint8Array(100), 0, 1)).toThrow(/whole blocks/);
});

test('a piece in a file has the commitment of the same bytes in memory', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pieces-'));
  try {
    const payload = Buffer.alloc(3_000_001, 'payload');
    const path = join(directory, 'payload');
    writeFileSync(path, Buffer.concat([Buffer.from('head'), payload]));
    const hasher = new PieceHasher();
    hasher.update(payload);
    const stages: string[] = [];
    const piece = await pieceOfFile(
      path,
      { offset: 4, payloadBytes: payload.length },
      { threads: { count: 2 }, onProgress: ({ stage }) => stages.push(stage) },
    );
    expect(piece).toEqual(hasher.finish());
    expect(new Set(stages)).toEqual(new Set(['comm-p']));
    await expect(pieceOfFile(path, { offset: 4, payloadBytes: payload.length + 1 })).rejects.toMatchObject({
      problems: [{ code: 'sealing-wrong-size', summary: expect.stringContaining(path) }],
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('CommD without pieces is the zero commitment; pieces that do not fit are a problem', () => {
  expect(commDOfPieces(2048, [])).toEqual(zeroCommitment(6));
  const piece = { paddedBytes: 1024, commitment: zeroCommitment(5) };
  expect(commDOfPieces(2048, [piece])).toEqual(zeroCommitment(6));
  expect(() => commDOfPieces(2048, [piece, piece, piece])).toThrow(/do not fit/);
});

test('fill around a piece aligns it to its size', () => {
  expect(pieceFill(300, 300)).toEqual({ before: 208, after: 208 });
  expect(pieceFill(127, 508)).toEqual({ before: 381, after: 0 });
});

test('a value that is not a hash is refused by name', () => {
  expect(() => commDOfPieces(2048, [{ paddedBytes: 1024, commitment: new Uint8Array(31) }])).toThrow(
    /commitment must be a Uint8Array of 32 bytes/,
  );
  expect(() => commDOfPieces(-1, [])).toThrow(/sectorBytes must be a non-negative safe integer/);
});

test('a hasher continues after a request for too small a piece', () => {
  const hasher = new PieceHasher();
  hasher.update(new Uint8Array(200));
  expect(() => hasher.finish(128)).toThrow(/does not fit/);
  hasher.update(new Uint8Array(54));
  expect(hasher.finish(256)).toEqual({ paddedBytes: 256, commitment: zeroCommitment(3) });
  expect(() => hasher.finish()).toThrow(/finished/);
});
