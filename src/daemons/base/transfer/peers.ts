import { open, rename, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import type { SectorStorageInfo } from '@sealctl/core/lotus/rpc-values';
import {
  sectorFileTypes,
  sectorName,
  type SectorFileTypeName,
  type SectorId,
} from '@sealctl/core/lotus/sector-file';
import { TaskCanceled } from '../task-canceled.ts';
import type { LocalFile } from '../storage/local-storage.ts';
import { download, forget } from './download.ts';
import { fetchFailed, whyOf } from './file-problems.ts';
import { makeLimit } from '@sealctl/core/async/limit';
import { nearestFirst } from './nearest-first.ts';
import { makePacer } from '@sealctl/core/async/pace';
import { deleteAt } from './peer-http.ts';

interface FileOfSector {
  readonly sector: SectorId;
  readonly type: SectorFileTypeName;
  readonly signal: AbortSignal;
}

export interface PullRequest extends FileOfSector {
  readonly target: LocalFile;
  readonly sources: readonly SectorStorageInfo[];
}

export interface DropRequest extends FileOfSector {
  /** Base URL. */
  readonly source: string;
  /** ID of the path whose copy stays. */
  readonly keep: string;
}

/** Downloads and deletes files of other daemons over HTTP. */
export interface Peers {
  /** Downloads a file to its place from the nearest source that serves it; resolves with the base URL of that source. */
  readonly pull: (request: PullRequest) => Promise<string>;
  /** Deletes a file at a source. Best effort, as in Lotus: an unreachable source keeps its copy. */
  readonly drop: (request: DropRequest) => Promise<void>;
}

export interface PeersOptions {
  /** A token with the admin permission on the other daemons. */
  readonly token: string;
  /** Maximum number of concurrent fetches; 0 for no limit. */
  readonly fetchLimit: number;
  /** Bytes per second of all fetches together; 0 for no limit. */
  readonly fetchBytesPerSecond: number;
  readonly log: Logger;
  /** Called with the number of bytes of sector data received. */
  readonly onReceived: (bytes: number) => void;
}

export function makePeers(options: PeersOptions): Peers {
  const { token, log } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const limit = makeLimit(options.fetchLimit);
  const pacer = makePacer(options.fetchBytesPerSecond);

  async function pull({ sector, type, target, sources, signal }: PullRequest): Promise<string> {
    const failures: string[] = [];
    for (const source of await nearestFirst(sources, { token, agent, signal })) {
      const begun = performance.now();
      let bytes = 0;
      try {
        await download({
          source,
          type,
          sector: sectorName(sector),
          directory: sectorFileTypes.some(({ name, directory }) => name === type && directory),
          staging: target.staging,
          token,
          agent,
          signal,
          onBytes: (count) => {
            bytes += count;
            options.onReceived(count);
            return pacer.pass(count);
          },
        });
        await rm(target.file, { recursive: true, force: true });
        await rename(target.staging, target.file);
        await syncDirectory(dirname(target.file));
        const seconds = (performance.now() - begun) / 1000;
        log.info({ sector: sectorName(sector), type, source, bytes, seconds }, 'fetched');
        return source;
      } catch (error) {
        if (signal.aborted) {
          if (signal.reason instanceof TaskCanceled) await forget(target.staging);
          signal.throwIfAborted();
        }
        log.warn(
          { sector: sectorName(sector), type, source, why: whyOf(error) },
          'fetch from a source failed',
        );
        failures.push(`${source}: ${whyOf(error)}`);
      }
    }
    await forget(target.staging);
    throw fetchFailed(sector, type, failures);
  }

  async function drop({ source, sector, type, keep, signal }: DropRequest): Promise<void> {
    try {
      await deleteAt({ source, type, sector: sectorName(sector), token, agent, signal }, keep);
    } catch (error) {
      log.warn(
        { source, type, sector: sectorName(sector), why: messageOf(error) },
        'cannot remove the copy at the source',
      );
    }
  }

  return { pull: (request) => limit(() => pull(request), request.signal), drop };
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
