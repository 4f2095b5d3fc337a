import type { Clock } from '@sealctl/core/async/clock';
import { messageOf } from '@sealctl/core/problem/problem';
import type { Blocker, OnlyCopyBlocker } from './blockers.ts';
import type { DrainEnd, DrainEvent } from './events.ts';

export interface DrainWatch {
  readonly host: string;
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Ends the watching, not the drain. */
  readonly stopping: AbortSignal;
  /** Keeps the host's workers cordoned, should one have been restarted. */
  readonly cordon: () => Promise<void>;
  /** What keeps the host from being stopped now. */
  readonly readBlockers: () => Promise<readonly Blocker[]>;
  /** Whether the host is still on hold. */
  readonly held: () => Promise<boolean>;
  /** Files that only this host has do not keep it from being stopped. */
  readonly leaveFiles: boolean;
  /** Moves finished files away, a step further each time; absent when they are not to be moved. */
  readonly advanceMoves?: (copies: readonly OnlyCopyBlocker[]) => Promise<void>;
  readonly notify: (event: DrainEvent) => void;
}

/** Pause between two looks, or twice as long as the look took: a big cluster's miner has other work. */
const pauseMs = 1000;
const pauseFactor = 2;
/** How often the host is asked whether it is still on hold. */
const holdEveryMs = 3000;

/** Waits until nothing keeps a host from being stopped. Never throws for what happens on hosts: a look that fails is repeated. */
export async function watchDrain(watch: DrainWatch): Promise<DrainEnd> {
  const ended = await watching(watch);
  watch.notify({ event: 'drain-ended', host: watch.host, ended });
  return ended;
}

async function watching(watch: DrainWatch): Promise<DrainEnd> {
  const { clock, host, stopping, notify } = watch;
  const deadline = clock.now() + watch.timeoutMs;
  let askedHold = clock.now();
  while (!stopping.aborted) {
    const began = clock.now();
    let tookMs = 0;
    try {
      if (began - askedHold >= holdEveryMs) {
        askedHold = began;
        if (!(await watch.held())) return 'cancelled';
      }
      await watch.cordon();
      const blockers = (await watch.readBlockers()).filter(
        ({ blocker }) => blocker === 'task' || !watch.leaveFiles,
      );
      tookMs = clock.now() - began;
      notify({ event: 'drain-blockers', host, blockers });
      await watch.advanceMoves?.(blockers.filter((blocker) => blocker.blocker === 'only-copy'));
      if (blockers.length === 0) return (await watch.held()) ? 'clear' : 'cancelled';
    } catch (thrown) {
      notify({ event: 'drain-status-unknown', host, why: messageOf(thrown) });
    }
    if (clock.now() >= deadline) return 'timed-out';
    await clock.sleep(Math.max(pauseMs, tookMs * pauseFactor), stopping).catch(() => undefined);
  }
  return 'interrupted';
}
