import { request as httpRequest, type Agent, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { fail } from '@sealctl/core/problem/problem';

/** One sector file or directory to download. */
export interface DownloadRequest {
  /** Base URL of the path that holds it, such as `http://10.0.0.7:3456/remote`. */
  readonly source: string;
  readonly type: string;
  /** Such as `s-t01000-7`. */
  readonly sector: string;
  readonly directory: boolean;
  /** Path of the partial download, on the file system of the final path, to which it is renamed. */
  readonly staging: string;
  readonly token: string;
  readonly agent: Agent;
  readonly signal: AbortSignal;
  /** Called with the number of bytes received; the download continues when the promise resolves. */
  readonly onBytes: (bytes: number) => Promise<void>;
}

/** Milliseconds without a byte after which a source is given up on. */
const silenceMs = 30_000;

/** Sends an authenticated GET to a daemon; resolves when the response begins. */
export function get(
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
        // The reader of the response reports an interrupted connection; the reader may not have started yet.
        response.on('error', () => undefined);
        resolve(response);
      },
    );
    sent.setTimeout(silenceMs, () =>
      sent.destroy(new Error(`received nothing for ${silenceMs / 1000} seconds`)),
    );
    sent.on('error', reject);
    sent.end();
  });
}

/** Reads the whole body of a response; rejects when it is longer than `maxBytes`. */
export async function bodyOf(
  request: DownloadRequest,
  response: IncomingMessage,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw refused(request, 'the response is longer than requested');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The problem of a source that does not serve a requested file. */
export function refused({ source, type, sector }: DownloadRequest, why: string) {
  return fail({
    code: 'fetch-failed',
    summary: `${source} does not serve ${type} of ${sector}`,
    why,
    fix: 'check the log of the daemon there; other copies are tried automatically',
  });
}

/** Measures the response time of a source in milliseconds; undefined when it does not respond. */
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
    // Not an error: a source that does not respond is tried last.
    return undefined;
  }
}

/** Deletes a file at its source; `keep` is the ID of the path whose copy stays. */
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
