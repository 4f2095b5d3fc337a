import type { Readable } from 'node:stream';
import type { ComputeProgress } from './job.ts';

/** The context of a computation: signal, progress and payload. */
export interface ComputeContext {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ComputeProgress) => void;
  /** Called with every line that an external program prints. */
  readonly onLine: (line: string) => void;
  /** The payload of a piece. */
  readonly payload: () => Readable;
}
