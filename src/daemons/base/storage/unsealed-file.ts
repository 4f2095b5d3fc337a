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
 * Which bytes of an unsealed sector file are there, in padded bytes. A file of exactly the sector's size has no trailer and is whole.
 * Rejects with a problem when the file has neither form.
 */
export async function readPresent(path: string, sectorBytes: number): Promise<ByteRange[]> {
  const file = await open(path, 'r');
  try {
    return await presentIn(file, path, sectorBytes);
  } finally {
    await file.close();
  }
}

/** Whether a padded range of an unsealed file is there in full. */
export async function isPresent(path: string, sectorBytes: number, range: ByteRange): Promise<boolean> {
  return coversRange(await readPresent(path, sectorBytes), range);
}

/** Makes an unsealed file in which nothing is there; one that exists stays as it is. */
export async function createUnsealedFile(path: string, sectorBytes: number): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    if ((await file.stat()).size >= sectorBytes) return;
    // Shorter than a sector: a crash came before its trailer.
    await file.truncate(sectorBytes);
    await writeTrailer(file, sectorBytes, []);
  } finally {
    await file.close();
  }
}

/** Makes an unsealed file, or cuts one, so that nothing is there from `end` on, in padded bytes: that part reads as zeros. */
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

/** Records that a range is there, after its bytes are safely on disk. */
export async function markPresent(path: string, sectorBytes: number, range: ByteRange): Promise<void> {
  const file = await open(path, 'r+');
  try {
    // The data first: a trailer must never list bytes that a power cut can still lose.
    await file.datasync();
    const present = await presentIn(file, path, sectorBytes);
    await writeTrailer(file, sectorBytes, [...present, range]);
  } finally {
    await file.close();
  }
}

/** Gives back the space of everything outside of `keep`; the trailer lists only the remaining ranges. */
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
