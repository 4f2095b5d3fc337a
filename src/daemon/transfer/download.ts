import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { request as httpRequest, type Agent, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fail, messageOf } from '../../problem/problem.ts';
import { checkCacheFile, unpackCache } from './sector-tar.ts';
import { manifestSchema, type ManifestFile, type SectorManifest } from './sector-manifest.ts';

/** One sector file or directory to be pulled. */
export interface DownloadRequest {
  /** Base URL of the path that has it, such as `http://10.0.0.7:3456/remote`. */
  readonly source: string;
  readonly type: string;
  /** Such as `s-t01000-7`. */
  readonly sector: string;
  readonly directory: boolean;
  /** Where it grows; `rename` to its place follows on the same file system. */
  readonly staging: string;
  readonly token: string;
  readonly agent: Agent;
  readonly signal: AbortSignal;
  /** Hears of every byte that arrives, and may make the next wait. */
  readonly onBytes: (bytes: number) => Promise<void>;
}

/** Parts that are asked for one by one, each with its digest; a bad one is asked for again. */
const partBytes = 16 * 2 ** 20;
const partsInFlight = 3;
/** A source that sends nothing for so long is given up; milliseconds. */
const silenceMs = 30_000;
/** Tries without any progress before a source is given up. */
const triesWithoutProgress = 4;
const pauseMs = 250;

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

/** Removes what a download left behind. */
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
  if (manifest.Directory !== request.directory) throw refused(request, 'it is of another kind there');
  if (manifest.Directory) for (const { Name, Size } of manifest.Files) checkCacheFile(Name, Size);
  const text = JSON.stringify(manifest);
  const begun = await readFile(manifestFile(staging), 'utf8').catch(ifAbsent(undefined));
  if (begun !== text) {
    await forget(staging);
    await writeFile(manifestFile(staging), text);
  }
  if (manifest.Directory) await mkdir(staging, { recursive: true });
  for (const file of manifest.Files)
    await persist(request, () =>
      downloadParts(request, file, manifest.Directory ? join(staging, file.Name) : staging),
    );
  // The source may have been rewritten meanwhile: then nothing of this may be used.
  if (JSON.stringify(await manifestOf(request)) !== text) {
    await forget(staging);
    throw refused(request, 'it changed while it was read');
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
  // The digest of a part tells damage on the way; parts are appended in their order, so the file is always a good beginning.
  const query = Name === '' ? '' : `?file=${encodeURIComponent(Name)}`;
  const url = `${request.source}/${request.type}/${request.sector}${query}`;
  const inFlight: Promise<Buffer>[] = [];
  let asked = at;
  try {
    if (at > Size) {
      await file.truncate(0);
      throw new Error('more had arrived than there is');
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
  if (body.length !== last - first + 1) throw refused(request, 'a part has another length');
  const digest = /sha-256=:(?<value>[^:]+):/.exec(String(response.headers['content-digest'] ?? ''))?.groups?.[
    'value'
  ];
  if (digest !== undefined && createHash('sha256').update(body).digest('base64') !== digest)
    throw refused(request, `bytes ${first} to ${last} were damaged on the way`);
  return body;
}

interface Attempt {
  readonly progress: number;
  readonly error?: unknown;
}

/** Goes on with a file as long as tries bring it forward. */
async function persist(request: DownloadRequest, attempt: () => Promise<Attempt>): Promise<void> {
  for (let fruitless = 0; ;) {
    request.signal.throwIfAborted();
    const { progress, error } = await attempt();
    if (error === undefined) return;
    fruitless = progress > 0 ? 0 : fruitless + 1;
    if (fruitless >= triesWithoutProgress) throw error;
    await pause(pauseMs * 2 ** fruitless, request.signal);
  }
}

/** One file from a Lotus peer: one answer, gone on with by range when it breaks off, unless the file changed. */
async function downloadWhole(request: DownloadRequest): Promise<void> {
  const partial = `${request.staging}.partial`;
  await rm(partial, { force: true });
  let total: number | undefined;
  let version: string | undefined;
  const attempt = async (): Promise<Attempt> => {
    const file = await open(partial, 'a');
    const begun = (await file.stat()).size;
    try {
      const response = await get(request, `${request.source}/${request.type}/${request.sector}`, {
        ...(begun === 0 ? {} : { Range: `bytes=${begun}-` }),
        ...(begun === 0 || version === undefined ? {} : { 'If-Range': version }),
      });
      const starts = response.statusCode === 200;
      if (!starts && response.statusCode !== 206) {
        response.destroy();
        throw refused(request, `HTTP ${response.statusCode}`);
      }
      if (starts) await file.truncate(0);
      version = response.headers['last-modified'];
      total = (starts ? 0 : begun) + Number(response.headers['content-length']);
      await append(request, response, file);
      const { size } = await file.stat();
      if (Number.isFinite(total) && size !== total) throw refused(request, 'it broke off');
      await file.sync();
      return { progress: size };
    } catch (error) {
      return { progress: (await file.stat()).size - begun, error };
    } finally {
      await file.close();
    }
  };
  try {
    await persist(request, attempt);
    await rename(partial, request.staging);
  } finally {
    await rm(partial, { force: true });
  }
}

async function append(request: DownloadRequest, response: IncomingMessage, file: FileHandle): Promise<void> {
  for await (const chunk of response as AsyncIterable<Buffer>) {
    await file.appendFile(chunk);
    await request.onBytes(chunk.length);
  }
}

async function* paced(request: DownloadRequest, response: IncomingMessage): AsyncGenerator<Buffer> {
  for await (const chunk of response as AsyncIterable<Buffer>) {
    await request.onBytes(chunk.length);
    yield chunk;
  }
}

/** A directory from a Lotus peer. A tar cannot be gone on with. */
async function downloadTar(request: DownloadRequest): Promise<void> {
  const response = await get(request, `${request.source}/${request.type}/${request.sector}`, {});
  if (response.statusCode !== 200) {
    response.destroy();
    throw refused(request, `HTTP ${response.statusCode}`);
  }
  try {
    await unpackCache(Readable.from(paced(request, response), { objectMode: false }), request.staging);
  } catch (error) {
    await rm(request.staging, { recursive: true, force: true });
    throw error;
  }
}

function get(
  request: Pick<DownloadRequest, 'token' | 'agent' | 'signal'>,
  url: string,
  headers: Record<string, string>,
): Promise<IncomingMessage> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = send(
      url,
      {
        headers: { ...headers, Authorization: `Bearer ${request.token}` },
        ...(url.startsWith('https:') ? {} : { agent: request.agent }),
        signal: request.signal,
      },
      (response) => {
        // A connection that breaks off surfaces where the answer is read; nobody may be reading yet.
        response.on('error', () => undefined);
        resolve(response);
      },
    );
    sent.setTimeout(silenceMs, () => sent.destroy(new Error(`nothing came for ${silenceMs / 1000} seconds`)));
    sent.on('error', reject);
    sent.end();
  });
}

async function bodyOf(
  request: DownloadRequest,
  response: IncomingMessage,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw refused(request, 'an answer is longer than what was asked for');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refused({ source, type, sector }: DownloadRequest, why: string) {
  return fail({
    code: 'fetch-failed',
    summary: `${source} does not give ${type} of ${sector}`,
    why,
    fix: 'look at the log of the daemon there; other copies are tried by themselves',
  });
}

function ifAbsent<Value>(value: Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw new Error(messageOf(error), { cause: error });
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      signal.removeEventListener('abort', stopped);
      resolve();
    }
    function stopped(): void {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
    }
    signal.addEventListener('abort', stopped, { once: true });
  });
}

/** How long a source takes to answer at all, in milliseconds; undefined for one that does not. */
export async function latencyOf(
  source: string,
  storageId: string,
  request: Pick<DownloadRequest, 'token' | 'agent' | 'signal'>,
  timeoutMs = 2_000,
): Promise<number | undefined> {
  const begun = performance.now();
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const response = await get({ ...request, signal }, `${source}/stat/${storageId}`, {});
    response.resume();
    return response.statusCode === 200 ? performance.now() - begun : undefined;
  } catch {
    // Not an error: a source that does not answer is merely asked last.
    return undefined;
  }
}

/** Deletes a file at its source; `keep` is the id of the path whose copy stays. */
export async function deleteAt(
  request: Pick<DownloadRequest, 'source' | 'type' | 'sector' | 'token' | 'agent' | 'signal'>,
  keep: string,
): Promise<void> {
  const { source, type, sector, token, signal } = request;
  const response = await fetch(`${source}/${type}/${sector}?keep=${encodeURIComponent(keep)}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${token}` },
    signal,
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}
