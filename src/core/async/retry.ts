import { sleep } from './sleep.ts';

/** Pauses between tries that begin short and grow: quick while a whole cluster starts, gentle in a long outage. Milliseconds. */
export interface Backoff {
  /** Waits; rejects with the signal's reason when it aborts first. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
  readonly reset: () => void;
}

const firstMs = 100;
const growth = 1.5;
const largestMs = 1_000;

/** Pauses of 100 ms, half as much again each time, up to 1 s. */
export function makeBackoff(): Backoff {
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

/** Tries until it succeeds, with growing pauses. `onFailure` sees every failure, and ends the tries by throwing. */
export async function retry<Result>(
  attempt: () => Promise<Result>,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<Result> {
  const backoff = makeBackoff();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      onFailure(error);
    }
    await backoff.pause(signal);
  }
}

/** One try at a piece of work that goes on where the last try ended: how far it came, and why it ended before the work did. */
export interface Attempt {
  readonly progress: number;
  readonly error?: unknown;
}

/** Tries in a row without any progress before the work is given up. */
const triesWithoutProgress = 4;
const pauseMs = 250;

/** Goes on as long as tries bring the work forward; throws the last try's error. */
export async function retryWhileProgressing(
  signal: AbortSignal,
  attempt: () => Promise<Attempt>,
): Promise<void> {
  for (let fruitless = 0; ;) {
    signal.throwIfAborted();
    const { progress, error } = await attempt();
    if (error === undefined) return;
    fruitless = progress > 0 ? 0 : fruitless + 1;
    if (fruitless >= triesWithoutProgress) throw error;
    await sleep(pauseMs * 2 ** fruitless, signal);
  }
}
