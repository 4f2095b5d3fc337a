/** Runs the work once it is its turn; rejects with the signal's reason when that aborts while it waits. */
export type Limit = <Result>(work: () => Promise<Result>, signal?: AbortSignal) => Promise<Result>;

/** Runs at most `max` of the works given to it at once, in the order they came; 0 means no limit. */
export function makeLimit(max: number): Limit {
  const waiting = new Set<() => void>();
  let running = 0;

  async function turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (max === 0 || running < max) {
      running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        waiting.delete(begin);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('given up'));
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      waiting.add(begin);
    });
  }

  return async (work, signal) => {
    await turn(signal);
    try {
      return await work();
    } finally {
      // The slot passes to the first waiter, so that no later caller overtakes it.
      const [next] = waiting;
      if (next === undefined) running -= 1;
      else {
        waiting.delete(next);
        next();
      }
    }
  };
}
