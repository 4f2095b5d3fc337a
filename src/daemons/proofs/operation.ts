import { fail } from '@sealctl/core/problem/problem';
import type { LongOptions, NativeError, NativeOperation, Threads } from './native-addon.ts';

/** The progress of a long operation. `done` and `total` count the stage's units: nodes, unless the operation says otherwise. */
export interface SealingProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** Options of every long operation. */
export interface OperationOptions {
  readonly threads?: Threads;
  /** Aborting stops the operation within a second; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called at most ten times a second, and at the beginning and end of each stage. */
  readonly onProgress?: (progress: SealingProgress) => void;
}

/** Runs a long kernel call: progress, cancellation, and failures as problems (`sealing-` and the kernel's code). */
export async function runNativeOperation<Result>(
  start: (options: LongOptions) => NativeOperation<Result>,
  { threads = { count: 1 }, signal, onProgress }: OperationOptions = {},
): Promise<Result> {
  signal?.throwIfAborted();
  const operation = start({
    threads,
    ...(onProgress === undefined
      ? {}
      : { onProgress: (stage, done, total) => onProgress({ stage, done, total }) }),
  });
  signal?.addEventListener('abort', operation.cancel, { once: true });
  try {
    return await operation.promise;
  } catch (error) {
    if (isNativeError(error) && error.code === 'cancelled') signal?.throwIfAborted();
    throw problemOf(error);
  } finally {
    signal?.removeEventListener('abort', operation.cancel);
  }
}

/** Runs a short kernel call and converts its failures to problems, as for long calls. */
export function callKernel<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw problemOf(error);
  }
}

/** Converts a kernel's failure to a problem; returns any other error unchanged. */
function problemOf(error: unknown): unknown {
  if (!isNativeError(error)) return error;
  const why = whys[error.code];
  const fix = fixes[error.code];
  return fail(
    {
      code: `sealing-${error.code}`,
      summary: error.message,
      ...(why === undefined ? {} : { why }),
      ...(fix === undefined ? {} : { fix }),
    },
    { cause: error },
  );
}

function isNativeError(error: unknown): error is NativeError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

const whys: Readonly<Record<string, string>> = {
  'not-canonical': 'data, labels and replicas consist of 32-byte field elements; these bytes are damaged',
  'wrong-size': 'the file was cut off, belongs to another sector size, or is still being written',
};

const fixes: Readonly<Record<string, string>> = {
  'not-canonical': 'make the file again: the data by adding the pieces, layers by sealing phase 1',
  'wrong-size': 'make the file again, or name the right one',
  mismatch: 'check that data, pieces, ticket and proof type belong to this sector',
};
