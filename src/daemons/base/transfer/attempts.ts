import { sleep } from '../sleep.ts';
import type { DownloadRequest } from './peer-http.ts';

/** Tries without any progress before a source is given up. */
const triesWithoutProgress = 4;
const pauseMs = 250;

/** One try at a file: the bytes that it brought, and why it ended before the file did. */
export interface Attempt {
  readonly progress: number;
  readonly error?: unknown;
}

/** Goes on with a file as long as tries bring it forward. */
export async function persist(request: DownloadRequest, attempt: () => Promise<Attempt>): Promise<void> {
  for (let fruitless = 0; ;) {
    request.signal.throwIfAborted();
    const { progress, error } = await attempt();
    if (error === undefined) return;
    fruitless = progress > 0 ? 0 : fruitless + 1;
    if (fruitless >= triesWithoutProgress) throw error;
    await sleep(pauseMs * 2 ** fruitless, request.signal);
  }
}
