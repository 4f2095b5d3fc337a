import { fail } from '../problem/problem.ts';
import type { Clock } from './clock.ts';

/** A condition on a host, its check interval and its time limit. */
export interface Poll {
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
 * Calls `check` until it returns undefined; any other value names what is still missing and is shown as progress. Fails with the last
 * answer when the limit is over.
 */
export async function pollUntil(poll: Poll, check: () => Promise<string | undefined>): Promise<void> {
  const deadline = poll.clock.now() + poll.timeoutMs;
  let told: string | undefined;
  for (;;) {
    const missing = await check();
    if (missing === undefined) return;
    if (missing !== told) poll.progress(missing);
    told = missing;
    if (poll.clock.now() >= deadline) {
      throw fail({
        code: 'wait-timed-out',
        summary: `${poll.what} took longer than ${Math.round(poll.timeoutMs / 1000)} s`,
        where: { in: 'host', host: poll.host },
        why: missing,
        fix: poll.fix,
      });
    }
    await poll.clock.sleep(poll.everyMs, poll.signal);
  }
}
