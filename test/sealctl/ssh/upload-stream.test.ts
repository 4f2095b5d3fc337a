import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { plainStartBytes, restOf, uploadStream } from '../../../src/sealctl/ssh/upload/upload-stream.ts';

const directory = mkdtempSync(join(tmpdir(), 'sealctl-upload-'));
const file = join(directory, 'file');
afterAll(() => rmSync(directory, { recursive: true }));

/** Takes the stream, each piece in its time. */
async function taken(content: Buffer, msPerPiece = 0): Promise<{ bytes: Buffer; sent: number }> {
  writeFileSync(file, content);
  let sent = 0;
  const pieces: Uint8Array[] = [];
  const stream = uploadStream(file, content.length, (bytes) => {
    sent += bytes;
  });
  for await (const piece of stream) {
    pieces.push(piece);
    if (msPerPiece > 0) await wait(msPerPiece);
  }
  return { bytes: Buffer.concat(pieces), sent };
}

describe('uploadStream', () => {
  it.each([0, 1, plainStartBytes])('is a file of %d bytes as it is', async (size) => {
    const content = Buffer.alloc(size, 'seal');
    const { bytes, sent } = await taken(content);
    expect(bytes.equals(content)).toBe(true);
    expect(sent).toBe(size);
  });

  it('begins with the file as it is, and compresses the rest where the way is slow', async () => {
    const content = Buffer.alloc(plainStartBytes + 3_000_000, 'seal');
    const { bytes, sent } = await taken(content, 20);
    expect(bytes.subarray(0, plainStartBytes).equals(content.subarray(0, plainStartBytes))).toBe(true);
    const rest = bytes.subarray(plainStartBytes);
    expect(rest.subarray(0, 5).toString()).toBe('gzip\n');
    expect(gunzipSync(rest.subarray(5)).equals(content.subarray(plainStartBytes))).toBe(true);
    expect(sent).toBe(content.length);
  });

  it('says that the rest is as it is where it is', async () => {
    const content = Buffer.alloc(plainStartBytes + 10, 'seal');
    const { bytes } = await taken(content);
    const way = restOf(0.001, { plainBytes: 10, tookMs: 10 }, 4);
    expect(way).toBe('plain');
    // So small a rest is compressed slowly: its trial is all overhead.
    expect(bytes.subarray(plainStartBytes).toString()).toBe(`plain\n${content.subarray(-10).toString()}`);
  });
});

describe('restOf', () => {
  const trial = { plainBytes: 2 ** 20, tookMs: 10 };

  it('compresses for a network and not for a machine beside it', () => {
    const startMs = (bytesPerS: number) => (4 * 2 ** 20 * 1000) / bytesPerS;
    expect(restOf(startMs(125e6), trial, 4)).toBe('gzip');
    expect(restOf(startMs(1250e6), trial, 4)).toBe('plain');
  });

  it('compresses less where there are fewer processors to do it', () => {
    const startMs = 27;
    expect(restOf(startMs, trial, 4)).toBe('gzip');
    expect(restOf(startMs, trial, 1)).toBe('plain');
  });
});
