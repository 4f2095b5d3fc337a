import type { SectorStorageInfo } from '@sealctl/core/lotus/rpc-values';
import { latencyOf, type DownloadRequest } from './peer-http.ts';

/** Base URLs of the sources of a file, lowest response time first. Sources that do not respond come last. */
export async function nearestFirst(
  sources: readonly SectorStorageInfo[],
  request: Pick<DownloadRequest, 'token' | 'agent' | 'signal'>,
): Promise<string[]> {
  const urls = sources.flatMap(({ ID, BaseURLs, Weight }) =>
    (BaseURLs ?? []).map((url) => ({ url, id: ID, weight: Weight })),
  );
  if (urls.length < 2) return urls.map(({ url }) => url);
  const measured = await Promise.all(
    urls.map(async ({ url, id, weight }) => ({
      url,
      weight,
      // Response times within a rack differ by less than a millisecond. Among such hosts the lowest weight comes first, as in Lotus.
      latency: Math.round((await latencyOf(url, id, request)) ?? Infinity),
    })),
  );
  return measured
    .toSorted((a, b) => (a.latency === b.latency ? a.weight - b.weight : a.latency - b.latency))
    .map(({ url }) => url);
}
