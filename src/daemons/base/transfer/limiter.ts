/** Lets so many pieces of work run at a time; the others wait in their order. */
export interface Limiter {
  /** Runs the work once it is its turn; rejects with the signal's reason when that aborts while it waits. */
  readonly run: <Result>(signal: AbortSignal, work: () => Promise<Result>) => Promise<Result>;
}

/** A limiter; a limit of 0 lets everything run. */
export function makeLimiter(limit: number): Limiter {
  const waiting = new Set<() => void>();
  let running = 0;

  function next(): void {
    const first = waiting.values().next().value;
    if (first !== undefined && (limit === 0 || running < limit)) {
      waiting.delete(first);
      running += 1;
      first();
    }
  }

  async function turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const begin = (): void => {
        signal.removeEventListener('abort', give);
        resolve();
      };
      const give = (): void => {
        waiting.delete(begin);
        reject(signal.reason instanceof Error ? signal.reason : new Error('given up'));
      };
      signal.addEventListener('abort', give, { once: true });
      waiting.add(begin);
      next();
    });
  }

  return {
    async run(signal, work) {
      await turn(signal);
      try {
        return await work();
      } finally {
        running -= 1;
        next();
      }
    },
  };
}
