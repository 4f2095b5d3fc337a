import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '@sealctl/core/problem/problem';
import { retryWhileProgressing, type Attempt } from '@sealctl/core/async/retry';
import { downloadTar, downloadWhole } from './download-plain.ts';
import { bodyOf, get, refused, type DownloadRequest } from './peer-http.ts';
import { manifestSchema, type ManifestFile, type SectorManifest } from './sector-manifest.ts';
import { checkCacheFile } from './sector-tar.ts';

/** Parts that are asked for one by one, each with its digest; a bad one is asked for again. */
const partBytes = 16 * 2 ** 20;
const partsInFlight = 3;
/**
 * Pulls a sector file into its staging place and leaves it there complete, synced, under the name `staging`. Where the source tells a
 * manifest, files come in parts whose digests are checked, and a download that broke off, also with this process, goes on where it was;
 * an older copy of the same name is never mixed in. Towards Lotus a file goes on by range within one call, and a directory is one tar.
 * Rejects when the source is given up; what was received stays for the next try.
 */
export async function download(request: DownloadRequest): Promise<void> {
  await mkdir(dirname(request.staging), { recursive: true });
  const manifest = await manifestOf(request);
  if (manifest !== undefined) return downloadByManifest(request, manifest);
  await forget(request.staging);
  if (request.directory) await downloadTar(request);
  else await downloadWhole(request);
}

/** Removes the files of a download. */
export async function forget(staging: string): Promise<void> {
  await rm(manifestFile(staging), { force: true });
  await rm(staging, { recursive: true, force: true });
}

function manifestFile(staging: string): string {
  return `${staging}.manifest`;
}

async function manifestOf(request: DownloadRequest): Promise<SectorManifest | undefined> {
  const url = `${request.source}/manifest/${request.type}/${request.sector}`;
  const response = await get(request, url, {});
  const body = await bodyOf(request, response, 2 ** 20);
  // Lotus knows no such address and answers 404 for it; whether the sector is there shows when it is asked for.
  if (response.statusCode !== 200) return undefined;
  return manifestSchema.parse(JSON.parse(body.toString('utf8')));
}

async function downloadByManifest(request: DownloadRequest, manifest: SectorManifest): Promise<void> {
  const { staging } = request;
  if (manifest.Directory !== request.directory)
    throw refused(request, 'the source has a file of another type');
  if (manifest.Directory) for (const { Name, Size } of manifest.Files) checkCacheFile(Name, Size);
  const text = JSON.stringify(manifest);
  const begun = await readFile(manifestFile(staging), 'utf8').catch(ifAbsent(undefined));
  if (begun !== text) {
    await forget(staging);
    await writeFile(manifestFile(staging), text);
  }
  if (manifest.Directory) await mkdir(staging, { recursive: true });
  for (const file of manifest.Files)
    await retryWhileProgressing(request.signal, () =>
      downloadParts(request, file, manifest.Directory ? join(staging, file.Name) : staging),
    );
  // The source may have been rewritten meanwhile: then nothing of this may be used.
  if (JSON.stringify(await manifestOf(request)) !== text) {
    await forget(staging);
    throw refused(request, 'the file changed while it was read');
  }
  await rm(manifestFile(staging));
}

/** Fetches what is missing of one file; returns how many bytes arrived before it broke off, and why. */
async function downloadParts(
  request: DownloadRequest,
  { Name, Size }: ManifestFile,
  target: string,
): Promise<Attempt> {
  const file = await open(target, 'a');
  let at = (await file.stat()).size;
  const begun = at;
  // The digest of a part detects damage in transfer; parts are appended in their order, so the file is always a good beginning.
  const query = Name === '' ? '' : `?file=${encodeURIComponent(Name)}`;
  const url = `${request.source}/${request.type}/${request.sector}${query}`;
  const inFlight: Promise<Buffer>[] = [];
  let asked = at;
  try {
    if (at > Size) {
      await file.truncate(0);
      throw new Error('the partial download is longer than the file');
    }
    while (at < Size) {
      while (asked < Size && inFlight.length < partsInFlight) {
        const last = Math.min(asked + partBytes, Size) - 1;
        const part = partOf(request, url, asked, last);
        part.catch(() => undefined);
        inFlight.push(part);
        asked = last + 1;
      }
      const part = await inFlight.shift();
      if (part === undefined) break;
      await file.appendFile(part);
      at += part.length;
      await request.onBytes(part.length);
    }
    await file.sync();
    return { progress: at - begun };
  } catch (error) {
    return { progress: at - begun, error };
  } finally {
    await Promise.allSettled(inFlight);
    await file.close();
  }
}

async function partOf(request: DownloadRequest, url: string, first: number, last: number): Promise<Buffer> {
  const response = await get(request, url, {
    Range: `bytes=${first}-${last}`,
    'Want-Content-Digest': 'sha-256=1',
  });
  const body = await bodyOf(request, response, partBytes);
  if (response.statusCode !== 206) throw refused(request, `HTTP ${response.statusCode}`);
  if (body.length !== last - first + 1) throw refused(request, 'a part has the wrong length');
  const digest = /sha-256=:(?<value>[^:]+):/.exec(String(response.headers['content-digest'] ?? ''))?.groups?.[
    'value'
  ];
  if (digest !== undefined && createHash('sha256').update(body).digest('base64') !== digest)
    throw refused(request, `bytes ${first} to ${last} were damaged in transfer`);
  return body;
}

function ifAbsent<Value>(value: Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw new Error(messageOf(error), { cause: error });
  };
}
