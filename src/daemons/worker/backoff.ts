import { sleep } from '../base/sleep.ts';

/** Pauses between tries that begin short and grow: quick while a whole cluster starts, gentle in a long outage. Milliseconds. */
export interface Backoff {
  /** Waits; rejects with the signal's reason when it aborts first. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
  readonly reset: () => void;
}

const firstMs = 100;
const growth = 1.5;

/** Pauses of 100 ms, half as much again each time, up to `largestMs`. */
export function makeBackoff(largestMs = 1_000): Backoff {
  let next = firstMs;
  return {
    async pause(signal) {
      const wait = next;
      next = Math.min(largestMs, next * growth);
      await sleep(wait, signal);
    },
    reset() {
      next = firstMs;
    },
  };
}
