import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedGzip, type GzipPiece } from '../../src/ssh/shared-gzip.ts';

const directory = mkdtempSync(join(tmpdir(), 'sealctl-gzip-'));
const file = join(directory, 'file');
afterAll(() => rmSync(directory, { recursive: true }));

async function collected(pieces: AsyncIterable<GzipPiece>): Promise<GzipPiece[]> {
  const all: GzipPiece[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

describe('sharedGzip', () => {
  it.each([0, 1, 2 ** 20, 2 ** 20 + 1, 7_300_000])(
    'is one gzip stream of a file of %d bytes',
    async (size) => {
      const content = randomBytes(size);
      writeFileSync(file, content);
      const gzip = sharedGzip(file);
      const pieces = await collected(gzip.pieces());
      expect(gunzipSync(Buffer.concat(pieces.map(({ compressed }) => compressed))).equals(content)).toBe(
        true,
      );
      expect(pieces.reduce((sum, { plainBytes }) => sum + plainBytes, 0)).toBe(size);
      expect(await gzip.sha256).toBe(createHash('sha256').update(content).digest('hex'));
      gzip.release();
    },
  );

  it('compresses once for all who use it together, and again after that', async () => {
    writeFileSync(file, Buffer.alloc(5_000_000, 'seal'));
    const [first, second] = [sharedGzip(file), sharedGzip(file)];
    const [ofFirst, ofSecond] = await Promise.all([collected(first.pieces()), collected(second.pieces())]);
    expect(ofFirst.length).toBe(5);
    ofFirst.forEach((piece, index) => expect(piece).toBe(ofSecond[index]));
    first.release();
    second.release();
    const third = sharedGzip(file);
    expect((await collected(third.pieces()))[0]).not.toBe(ofFirst[0]);
    third.release();
  });

  it('tells every reader that the file cannot be read', async () => {
    const gzip = sharedGzip(join(directory, 'missing'));
    await expect(collected(gzip.pieces())).rejects.toThrow('ENOENT');
    await expect(gzip.sha256).rejects.toThrow('ENOENT');
    gzip.release();
  });
});
