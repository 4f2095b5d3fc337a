import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedGzip, type GzipPiece } from '../../../src/sealctl/ssh/upload/shared-gzip.ts';

const directory = mkdtempSync(join(tmpdir(), 'sealctl-gzip-'));
const file = join(directory, 'file');
afterAll(() => rmSync(directory, { recursive: true }));

async function collected(pieces: AsyncIterable<GzipPiece>): Promise<GzipPiece[]> {
  const all: GzipPiece[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

describe('sharedGzip', () => {
  it.each([1, 2 ** 20, 2 ** 20 + 1, 7_300_000])(
    'is one gzip stream of %d bytes, those of a file after its beginning',
    async (size) => {
      const content = randomBytes(size);
      writeFileSync(file, Buffer.concat([Buffer.alloc(1000, 'start'), content]));
      const gzip = sharedGzip(file, 1000);
      const pieces = await collected(gzip.pieces());
      expect(gunzipSync(Buffer.concat(pieces.map(({ compressed }) => compressed))).equals(content)).toBe(
        true,
      );
      expect(pieces.reduce((sum, { plainBytes }) => sum + plainBytes, 0)).toBe(size);
      gzip.release();
    },
  );

  it('makes one piece for trial and no more before somebody asks', async () => {
    writeFileSync(file, Buffer.alloc(5_000_000, 'seal'));
    const gzip = sharedGzip(file, 0);
    const trial = await gzip.trial;
    expect(trial?.plainBytes).toBe(2 ** 20);
    expect(trial?.tookMs).toBeGreaterThan(0);
    // What is read after that is not what stood there at the time of the trial.
    writeFileSync(file, Buffer.alloc(2 ** 20 + 4, 'late'));
    const pieces = await collected(gzip.pieces());
    expect(gunzipSync(pieces[1]?.compressed ?? '').toString()).toBe('late');
    gzip.release();
  });

  it('compresses once for all who use it together, and again after that', async () => {
    writeFileSync(file, Buffer.alloc(5_000_000, 'seal'));
    const [first, second] = [sharedGzip(file, 0), sharedGzip(file, 0)];
    const [ofFirst, ofSecond] = await Promise.all([collected(first.pieces()), collected(second.pieces())]);
    expect(ofFirst.length).toBe(5);
    ofFirst.forEach((piece, index) => expect(piece).toBe(ofSecond[index]));
    first.release();
    second.release();
    const third = sharedGzip(file, 0);
    expect((await collected(third.pieces()))[0]).not.toBe(ofFirst[0]);
    third.release();
  });

  it('tells every reader that the file cannot be read', async () => {
    const gzip = sharedGzip(join(directory, 'missing'), 0);
    await expect(collected(gzip.pieces())).rejects.toThrow('ENOENT');
    await expect(gzip.trial).rejects.toThrow('ENOENT');
    gzip.release();
  });
});
