import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { execa } from 'execa';
import { fail } from '@sealctl/core/problem/problem';
import {
  coversRange,
  decodeRuns,
  encodeTrailer,
  joinedRanges,
  maxTrailerBytes,
  type ByteRange,
} from '@sealctl/core/lotus/unsealed-trailer';

/**
 * Returns the ranges of an unsealed sector file that contain data, in padded bytes. A file of exactly the sector's size has no trailer and
 * is complete. Rejects with a problem when the file has neither form.
 */
export async function readPresent(path: string, sectorBytes: number): Promise<ByteRange[]> {
  const file = await open(path, 'r');
  try {
    return await presentIn(file, path, sectorBytes);
  } finally {
    await file.close();
  }
}

/** Whether an unsealed file contains all data of a padded range. */
export async function isPresent(path: string, sectorBytes: number, range: ByteRange): Promise<boolean> {
  return coversRange(await readPresent(path, sectorBytes), range);
}

/** Creates an unsealed file without data; an existing file is not changed. */
export async function createUnsealedFile(path: string, sectorBytes: number): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    if ((await file.stat()).size >= sectorBytes) return;
    // A file shorter than a sector: a crash occurred before its trailer was written.
    await file.truncate(sectorBytes);
    await writeTrailer(file, sectorBytes, []);
  } finally {
    await file.close();
  }
}

/** Creates an unsealed file, or removes data from one, so that it has none from `end` on, in padded bytes: that part reads as zeros. */
export async function cutUnsealedFile(path: string, sectorBytes: number, end: number): Promise<void> {
  await createUnsealedFile(path, sectorBytes);
  const file = await open(path, 'r+');
  try {
    const present = await presentIn(file, path, sectorBytes);
    await file.truncate(end);
    await file.truncate(sectorBytes);
    await writeTrailer(
      file,
      sectorBytes,
      present.map((range) => overlap(range, { offset: 0, size: end })),
    );
  } finally {
    await file.close();
  }
}

/** Records that the file contains a range, after its bytes are synced to disk. */
export async function markPresent(path: string, sectorBytes: number, range: ByteRange): Promise<void> {
  const file = await open(path, 'r+');
  try {
    // Sync the data first: a trailer must never list bytes that a power failure can still lose.
    await file.datasync();
    const present = await presentIn(file, path, sectorBytes);
    await writeTrailer(file, sectorBytes, [...present, range]);
  } finally {
    await file.close();
  }
}

/** Frees the space outside of `keep`; the trailer then lists only the remaining ranges. */
export async function keepOnly(path: string, sectorBytes: number, keep: readonly ByteRange[]): Promise<void> {
  const kept = joinedRanges(keep);
  const file = await open(path, 'r+');
  try {
    const present = await presentIn(file, path, sectorBytes);
    await writeTrailer(
      file,
      sectorBytes,
      present.flatMap((range) => kept.map((other) => overlap(range, other))),
    );
  } finally {
    await file.close();
  }
  for (const { offset, size } of gapsOf(kept, sectorBytes))
    await execa('fallocate', ['--punch-hole', '--offset', `${offset}`, '--length', `${size}`, path]);
}

function overlap(a: ByteRange, b: ByteRange): ByteRange {
  const offset = Math.max(a.offset, b.offset);
  return { offset, size: Math.max(0, Math.min(a.offset + a.size, b.offset + b.size) - offset) };
}

function gapsOf(ranges: readonly ByteRange[], sectorBytes: number): ByteRange[] {
  const gaps: ByteRange[] = [];
  let at = 0;
  for (const { offset, size } of [...ranges, { offset: sectorBytes, size: 0 }]) {
    if (offset > at) gaps.push({ offset: at, size: offset - at });
    at = offset + size;
  }
  return gaps;
}

async function presentIn(file: FileHandle, path: string, sectorBytes: number): Promise<ByteRange[]> {
  const { size } = await file.stat();
  if (size === sectorBytes) return [{ offset: 0, size: sectorBytes }];
  const trailer = Buffer.alloc(Math.max(0, size - sectorBytes));
  if (trailer.length < 4 || trailer.length > maxTrailerBytes + 4) throw noTrailer(path, size);
  await file.read(trailer, 0, trailer.length, sectorBytes);
  if (trailer.readUInt32LE(trailer.length - 4) !== trailer.length - 4) throw noTrailer(path, size);
  return decodeRuns(trailer.subarray(0, -4));
}

async function writeTrailer(file: FileHandle, sectorBytes: number, present: readonly ByteRange[]) {
  const trailer = encodeTrailer(present);
  await file.write(trailer, 0, trailer.length, sectorBytes);
  await file.truncate(sectorBytes + trailer.length);
  await file.datasync();
}

function noTrailer(path: string, size: number) {
  return fail({
    code: 'unsealed-file-broken',
    summary: `${path} is not an unsealed sector file`,
    where: { in: 'host', host: 'this host', path },
    why: `it has ${size} bytes, and no valid record of its ranges follows the sector's data`,
    fix: 'remove it, and add the pieces again or unseal the sector',
  });
}
