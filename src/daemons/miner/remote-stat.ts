import { z } from 'zod';
import { messageOf } from '@sealctl/core/problem/problem';
import type { FsStat, StorageInfo } from '@sealctl/core/lotus/rpc-values';

const timeoutMs = 5_000;
const statSchema = z.object({
  Capacity: z.number(),
  Available: z.number(),
  FSAvailable: z.number(),
  Reserved: z.number(),
  Max: z.number().default(0),
  Used: z.number().default(0),
});

/** Fetches the free space of a storage path from its hosts, one URL after the other; rejects when none responds. */
export async function fetchStat(info: StorageInfo, token: string): Promise<FsStat> {
  const failures: string[] = [];
  for (const url of info.URLs ?? []) {
    try {
      const response = await fetch(`${url}/stat/${encodeURIComponent(info.ID)}`, {
        headers: { Authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return statSchema.parse(await response.json());
    } catch (error) {
      failures.push(`${url}: ${reasonOf(error)}`);
    }
  }
  throw new Error(failures.join('; ') || 'the path has no URL');
}

/** The reason of an error; fetch puts that of a failed connection into `cause`. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error);
}
