import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '@sealctl/core/problem/problem';
import { retryWhileProgressing, type Attempt } from '@sealctl/core/async/retry';
import { downloadTar, downloadWhole } from './download-plain.ts';
import { bodyOf, get, refused, type DownloadRequest } from './peer-http.ts';
import { manifestSchema, type ManifestFile, type SectorManifest } from './sector-manifest.ts';
import { checkCacheFile } from './sector-tar.ts';

/** Size of a part. Each part is requested with its digest, and requested again if it is damaged. */
const partBytes = 16 * 2 ** 20;
const partsInFlight = 3;
/**
 * Downloads a sector file to `staging` and leaves it there complete and synced. From a source that serves a manifest, files are downloaded
 * in parts whose digests are checked. Such a download resumes after an interruption, even in another process, and never mixes in an older
 * copy of the same name. From a Lotus source, a file resumes with range requests within one call, and a directory is one tar. Rejects after
 * giving up on the source; the received bytes stay for the next attempt.
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
  // Lotus has no such route and answers 404. The request for the files shows whether the sector is there.
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
  // If the source was rewritten during the download, none of the received bytes may be used.
  if (JSON.stringify(await manifestOf(request)) !== text) {
    await forget(staging);
    throw refused(request, 'the file changed while it was read');
  }
  await rm(manifestFile(staging));
}

/** Fetches the missing bytes of one file; returns the number of received bytes, and the error if it was interrupted. */
async function downloadParts(
  request: DownloadRequest,
  { Name, Size }: ManifestFile,
  target: string,
): Promise<Attempt> {
  const file = await open(target, 'a');
  let at = (await file.stat()).size;
  const begun = at;
  // The digest of a part detects damage in transfer. Parts are appended in order, so the partial file is always a valid prefix.
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
