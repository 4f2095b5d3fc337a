/** Time, passed in so that waiting can be tested without waiting. Milliseconds. */
export interface Clock {
  readonly now: () => number;
  /** Rejects with the signal's reason when it fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}
