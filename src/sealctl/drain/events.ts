import type { Blocker } from './blockers.ts';

/** What happens while a host is being drained, beside the steps of its beginning and end. */
export type DrainEvent =
  /** Sent after every reading of the miner. */
  | { readonly event: 'drain-blockers'; readonly host: string; readonly blockers: readonly Blocker[] }
  /** The reading failed; it is repeated. */
  | { readonly event: 'drain-status-unknown'; readonly host: string; readonly why: string }
  | {
      readonly event: 'file-move';
      readonly host: string;
      readonly sector: number;
      readonly outcome: 'started' | 'done' | 'failed' | 'no-store';
      /** Label of the worker whose store takes the files; absent for `no-store`. */
      readonly to?: string;
      readonly why?: string;
    }
  | { readonly event: 'drain-ended'; readonly host: string; readonly ended: DrainEnd };

/**
 * How watching a drain ended. `clear`: nothing keeps the host from being stopped. `interrupted`: the watcher was; the drain continues.
 * `cancelled`: the hold was removed. `timed-out`: `drainTimeout` has passed.
 */
export type DrainEnd = 'clear' | 'interrupted' | 'cancelled' | 'timed-out';
