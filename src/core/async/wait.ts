import { fail } from '../problem/problem.ts';

/** Time, passed in so that waiting can be tested without waiting. Milliseconds. */
export interface Clock {
  readonly now: () => number;
  /** Rejects with the signal's reason when it fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Wait {
  readonly what: string;
  readonly host: string;
  readonly timeoutMs: number;
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly progress: (text: string) => void;
  /** Said after the limit is over. */
  readonly fix: string;
}

/**
 * Asks `check` until it answers undefined; any other answer says what is still missing and is shown as progress. Fails with the last
 * answer when the limit is over.
 */
export async function waitUntil(wait: Wait, check: () => Promise<string | undefined>): Promise<void> {
  const deadline = wait.clock.now() + wait.timeoutMs;
  let told: string | undefined;
  for (;;) {
    const missing = await check();
    if (missing === undefined) return;
    if (missing !== told) wait.progress(missing);
    told = missing;
    if (wait.clock.now() >= deadline) {
      throw fail({
        code: 'wait-timed-out',
        summary: `${wait.what} took longer than ${Math.round(wait.timeoutMs / 1000)} s`,
        where: { in: 'host', host: wait.host },
        why: missing,
        fix: wait.fix,
      });
    }
    await wait.clock.sleep(wait.everyMs, wait.signal);
  }
}
