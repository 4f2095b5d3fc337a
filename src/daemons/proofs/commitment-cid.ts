import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { fail, messageOf } from '@sealctl/core/problem/problem';

/** Multicodec numbers of docs/spec/sealing.md section 3.5, from the multiformats table. */
const unsealedCodec = 0xf101;
const sealedCodec = 0xf102;
const rawCodec = 0x55;
const truncatedSha256 = 0x1012;
const poseidon = 0xb401;
const fr32PaddedTree = 0x1011;

/** The CID of a CommD or a CommP, such as `baga6ea4seaq...`. */
export function dataCommitmentCid(commitment: Uint8Array): string {
  return cidText(unsealedCodec, truncatedSha256, commitment);
}

/** The CID of a CommR, such as `bagboea4b5abc...`. */
export function replicaCommitmentCid(commitment: Uint8Array): string {
  return cidText(sealedCodec, poseidon, commitment);
}

/** The commitment in the CID of a CommD or a CommP (version 1). Throws a problem `bad-cid` for any other CID. */
export function dataCommitmentOf(cid: string): Uint8Array {
  return commitmentIn(cid, unsealedCodec, truncatedSha256, 'a data or piece commitment');
}

/** The commitment in the CID of a CommR. Throws a problem `bad-cid` for any other CID. */
export function replicaCommitmentOf(cid: string): Uint8Array {
  return commitmentIn(cid, sealedCodec, poseidon, 'a replica commitment');
}

/** The piece that a version 2 CID (FRC-0069) describes. */
export interface PieceV2 {
  readonly commitment: Uint8Array;
  /** Bytes of the payload, before any padding; at least 1. */
  readonly payloadBytes: number;
}

/** The version 2 CID of a piece. It contains the payload's size and the root of the smallest tree that holds the payload. */
export function pieceCidV2({ commitment, payloadBytes }: PieceV2): string {
  requireNode(commitment);
  const height = treeHeight(payloadBytes);
  const padding = unpaddedBytes(height) - payloadBytes;
  return cidText(rawCodec, fr32PaddedTree, Uint8Array.of(...varint(padding), height, ...commitment), false);
}

/** Parses a version 2 piece CID. Throws a problem `bad-cid` for any other or inconsistent CID. */
export function pieceOfCidV2(cid: string): PieceV2 {
  const { digest } = parse(cid, rawCodec, fr32PaddedTree, 'a version 2 piece');
  const commitment = digest.subarray(-32);
  const head = digest.subarray(0, -32);
  const height = head.at(-1);
  const padding = numberOfVarint(head.subarray(0, -1));
  if (height === undefined || padding === undefined || height < 2 || height > 40)
    throw badCid(cid, 'its digest is not padding, height and root');
  const payloadBytes = unpaddedBytes(height) - padding;
  if (payloadBytes < 1 || treeHeight(payloadBytes) !== height)
    throw badCid(cid, 'its padding does not match its height');
  return { commitment: commitment.slice(), payloadBytes };
}

/** Smallest k with space for the payload in 32 * 2^k padded bytes; a piece has at least four nodes. */
function treeHeight(payloadBytes: number): number {
  let height = 2;
  while (unpaddedBytes(height) < payloadBytes) height += 1;
  return height;
}

function unpaddedBytes(height: number): number {
  return 127 * 2 ** (height - 2);
}

function cidText(codec: number, hash: number, digest: Uint8Array, node = true): string {
  if (node) requireNode(digest);
  return CID.createV1(codec, create(hash, digest)).toString();
}

function requireNode(commitment: Uint8Array): void {
  if (commitment.length !== 32)
    throw new RangeError(`a commitment has 32 bytes, this one has ${commitment.length}`);
}

function commitmentIn(cid: string, codec: number, hash: number, what: string): Uint8Array {
  const { digest } = parse(cid, codec, hash, what);
  if (digest.length !== 32) throw badCid(cid, `it holds ${digest.length} bytes, not 32`);
  return digest.slice();
}

function parse(cid: string, codec: number, hash: number, what: string): CID['multihash'] {
  let parsed: CID;
  try {
    parsed = CID.parse(cid);
  } catch (error) {
    throw badCid(cid, messageOf(error));
  }
  if (parsed.version !== 1 || parsed.code !== codec || parsed.multihash.code !== hash)
    throw badCid(cid, `it is not a CID of ${what}`);
  return parsed.multihash;
}

function badCid(cid: string, why: string) {
  return fail({
    code: 'bad-cid',
    summary: `'${cid}' is not the expected kind of CID`,
    why,
    fix: 'CIDs of data and pieces begin with baga6ea4seaq, CIDs of sealed sectors with bagboea4b5abc',
  });
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

/** Decodes a complete, minimal varint; undefined for other bytes. */
function numberOfVarint(bytes: Uint8Array): number | undefined {
  let value = 0;
  for (const [index, byte] of bytes.entries()) {
    value += (byte & 0x7f) * 0x80 ** index;
    const last = index === bytes.length - 1;
    if (byte >= 0x80 === last || (last && byte === 0 && index > 0)) return undefined;
  }
  return bytes.length > 0 && Number.isSafeInteger(value) ? value : undefined;
}
