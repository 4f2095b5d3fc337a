import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { retryWhileProgressing, type Attempt } from '@sealctl/core/async/retry';
import { get, refused, type DownloadRequest } from './peer-http.ts';
import { unpackCache } from './sector-tar.ts';

/** Downloads one file from a Lotus peer. An interrupted download resumes with a range request unless the file changed. */
export async function downloadWhole(request: DownloadRequest): Promise<void> {
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
      if (Number.isFinite(total) && size !== total) throw refused(request, 'the connection ended early');
      await file.sync();
      return { progress: size };
    } catch (error) {
      return { progress: (await file.stat()).size - begun, error };
    } finally {
      await file.close();
    }
  };
  try {
    await retryWhileProgressing(request.signal, attempt);
    await rename(partial, request.staging);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Downloads a directory from a Lotus peer as a tar. An interrupted tar cannot be resumed. */
export async function downloadTar(request: DownloadRequest): Promise<void> {
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
