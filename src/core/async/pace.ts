import { sleep } from './sleep.ts';

/** Keeps what passes below so many bytes a second, over all who share it. */
export interface Pacer {
  /** Settles when these bytes may count as passed. */
  readonly pass: (bytes: number) => Promise<void>;
}

/** A pacer; 0 bytes a second means no limit. `now` and `wait` are in milliseconds. */
export function makePacer(
  bytesPerSecond: number,
  now: () => number = () => performance.now(),
  wait: (milliseconds: number) => Promise<void> = sleep,
): Pacer {
  let freeAt = -Infinity;
  return {
    async pass(bytes) {
      if (bytesPerSecond === 0) return;
      // Time that went by unused is not saved up: the limit holds over every stretch of time.
      freeAt = Math.max(freeAt, now()) + (bytes / bytesPerSecond) * 1000;
      await wait(freeAt - now());
    },
  };
}
