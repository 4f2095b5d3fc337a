import type { Readable } from 'node:stream';
import type { ComputeProgress } from './job.ts';

/** What a computation runs with. */
export interface ComputeContext {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ComputeProgress) => void;
  /** Hears of every line that an external program prints. */
  readonly onLine: (line: string) => void;
  /** The payload of a piece. */
  readonly payload: () => Readable;
}
