import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import { fail } from '@sealctl/core/problem/problem';

const K = 2 ** 10;
const M = 2 ** 20;
const G = 2 ** 30;

/**
 * The files a cache directory may hold, each with its maximum size in bytes. Source: docs/spec/lotus.md section 7.6. The list adds the
 * files of small sectors and of synthetic PoRep, which Lotus cannot move before they are finalized.
 */
const allowed: readonly { readonly name: RegExp; readonly maxBytes: number }[] = [
  { name: /^p_aux$/, maxBytes: 64 },
  { name: /^t_aux$/, maxBytes: 10 * K },
  { name: /^sc-02-data-tree-r-last(?:-(?:\d|1[0-5]))?\.dat$/, maxBytes: 10 * M },
  { name: /^sc-02-data-layer-(?:[1-9]|1[01])\.dat$/, maxBytes: 65 * G },
  { name: /^sc-02-data-tree-c(?:-(?:\d|1[0-5]))?\.dat$/, maxBytes: 5 * G },
  { name: /^sc-02-data-tree-d\.dat$/, maxBytes: 130 * G },
  { name: /^syn-porep-vanilla-proofs\.dat$/, maxBytes: 130 * G },
];

/** Throws a problem `strange-cache-file` for a file that a cache may not hold. */
export function checkCacheFile(name: string, bytes: number): void {
  const rule = allowed.find((candidate) => candidate.name.test(name));
  if (rule !== undefined && bytes <= rule.maxBytes) return;
  throw fail({
    code: 'strange-cache-file',
    summary: `a sector's cache cannot contain a file '${name}' of ${bytes} bytes`,
    why:
      rule === undefined
        ? 'only files that sealing makes are accepted over the network'
        : `at most ${rule.maxBytes} are expected`,
    fix: 'remove files that do not belong there from the cache directory at the source',
  });
}

/** Packs the files of a cache directory into a flat tar. */
export async function packCache(directory: string): Promise<Readable> {
  const archive = pack({});
  const names = (await readdir(directory)).toSorted();
  const files = await Promise.all(
    names.map(async (name) => ({ name, size: (await stat(join(directory, name))).size })),
  );
  const write = async (): Promise<void> => {
    for (const { name, size } of files) {
      const entry = archive.entry({ name, size, mode: 0o644 });
      // A file that grows is cut at the size in its header.
      const content =
        size === 0 ? Readable.from([]) : createReadStream(join(directory, name), { end: size - 1 });
      await pipeline(content, entry);
    }
    archive.finalize();
  };
  write().catch((error: unknown) => archive.destroy(error instanceof Error ? error : undefined));
  return Readable.from(archive, { objectMode: false });
}

/**
 * Unpacks a cache into a directory; accepts only regular files of the list. Lotus omits the two empty blocks at the end of the archive and
 * the padding of the last file, so both are optional. Rejects an archive that ends in the middle of a file.
 */
export async function unpackCache(archive: Readable, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const unpack = extract();
  unpack.on('entry', (header, stream, next) => {
    const { name, size, type } = header;
    try {
      if (type !== 'file') throw new Error(`the archive holds '${name}', which is not a regular file`);
      checkCacheFile(name, size);
    } catch (error) {
      unpack.destroy(error instanceof Error ? error : undefined);
      return;
    }
    pipeline(stream, createWriteStream(join(directory, name), { flush: true })).then(() => next(), next);
  });
  await pipeline(archive, padded(), unpack);
}

/** Pads the last block with the zeros that the sender omitted. */
function padded(): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      const missing = (blockBytes - (bytes % blockBytes)) % blockBytes;
      done(null, Buffer.alloc(missing + 2 * blockBytes));
    },
  });
}

const blockBytes = 512;
