import { setTimeout as elapse } from 'node:timers/promises';

/** Waits these milliseconds; rejects with the signal's reason when it aborts first. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    await elapse(milliseconds, undefined, { signal });
  } catch {
    signal?.throwIfAborted();
  }
}
