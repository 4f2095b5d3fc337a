import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { fail, messageOf, ProblemError } from '@sealctl/core/problem/problem';
import { makeAllocator, type Allotment, type Allocation } from './allocations.ts';
import type { ComputeJob, ComputeMessage, ComputeProgress, ComputeResults } from './job.ts';

/** Options to observe and stop a computation. */
export interface RunOptions {
  /** Aborting ends the process, and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ComputeProgress) => void;
  /** The payload of a piece. */
  readonly payload?: Readable;
}

/** Runs each compute job in its own process: ending the process frees its memory and stops its work. */
export interface ComputeJobRunner {
  readonly run: <Job extends ComputeJob>(
    job: Job,
    options: RunOptions,
  ) => Promise<ComputeResults[Job['kind']]>;
}

export interface ComputeJobRunnerOptions {
  /** CPUs and GPUs that the jobs may use. */
  readonly allotment: Allotment;
  /** This program's executable and the arguments before a command. */
  readonly program: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** The hidden command that a compute process runs. */
export const computeCommandName = 'compute';
/** Milliseconds after which a process that does not stop is killed. */
const killAfterMs = 5_000;
/** Number of output lines that an error quotes. */
const lastLines = 20;
const messageKinds: ReadonlySet<unknown> = new Set<ComputeMessage['kind']>(['progress', 'result', 'failure']);

export function makeComputeJobRunner({
  program,
  env,
  allotment,
  log,
}: ComputeJobRunnerOptions): ComputeJobRunner {
  const allocate = makeAllocator(allotment);
  return {
    async run<Job extends ComputeJob>(job: Job, { signal, onProgress, payload }: RunOptions) {
      signal.throwIfAborted();
      const allocation = allocate(job);
      const [executable, ...words] = narrowed(program, allocation);
      // The child has its own process group, so that only the worker receives Ctrl-C of a terminal.
      const child = spawn(executable, [...words, computeCommandName], {
        env: {
          ...env,
          ...(allocation.gpus === undefined ? {} : { CUDA_VISIBLE_DEVICES: allocation.gpus.join(',') }),
        },
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe', payload === undefined ? 'ignore' : 'pipe'],
      }) as ChildProcessWithoutNullStreams;
      const tail: string[] = [];
      let outcome: Exclude<ComputeMessage, { kind: 'progress' }> | undefined;
      const keep = (line: string): void => {
        log.info({ job: job.kind, line }, 'compute process output');
        tail.push(line);
        if (tail.length > lastLines) tail.shift();
      };
      createInterface({ input: child.stdout }).on('line', (line) => {
        const message = messageIn(line);
        if (message === undefined) keep(line);
        else if (message.kind === 'progress') onProgress(message.progress);
        else outcome = message;
      });
      createInterface({ input: child.stderr }).on('line', keep);
      child.stdin.on('error', () => undefined); // the exit code shows that the process ended
      child.stdin.write(`${JSON.stringify(job)}\n`);

      let kill: NodeJS.Timeout | undefined;
      const stop = (): void => {
        child.stdin.end();
        kill ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      };
      signal.addEventListener('abort', stop, { once: true });
      let payloadError: unknown;
      try {
        const ended = new Promise<string | undefined>((resolve, reject) => {
          child.once('error', reject);
          child.once('close', (code, name) =>
            resolve(code === 0 ? undefined : code === null ? `signal ${name}` : `exit code ${code}`),
          );
        });
        const inlet = (child.stdio as readonly unknown[])[3];
        if (payload !== undefined && inlet instanceof Writable)
          pipeline(payload, inlet).catch((error: unknown) => {
            payloadError = error;
            // An interrupted payload must not look like a complete one.
            stop();
          });
        const ending = await ended;
        signal.throwIfAborted();
        if (outcome?.kind === 'result') return outcome.result as ComputeResults[Job['kind']];
        if (outcome?.kind === 'failure' && !payloadFailed(payloadError))
          throw new ProblemError(
            outcome.problems.map((problem) => ({ ...problem, severity: 'error' as const })),
          );
        if (payloadError !== undefined) throw interruptedPiece(payloadError);
        throw died(job.kind, ending, tail);
      } finally {
        signal.removeEventListener('abort', stop);
        clearTimeout(kill);
        allocation.release();
        payload?.destroy();
      }
    },
  };
}

/** Parses the message in a line of stdout; undefined for other text, since a library can print there, too. */
function messageIn(line: string): ComputeMessage | undefined {
  try {
    const value = JSON.parse(line) as ComputeMessage | null;
    return messageKinds.has(value?.kind) ? (value ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

/** The command line that restricts the program, and every process it starts, to the CPUs of its allocation. */
function narrowed(
  program: ComputeJobRunnerOptions['program'],
  { cpus }: Allocation,
): ComputeJobRunnerOptions['program'] {
  return cpus === undefined ? program : ['taskset', '--cpu-list', cpus.join(','), ...program];
}

/** True when the payload itself failed. EPIPE means that the process failed first and closed the pipe. */
function payloadFailed(payloadError: unknown): boolean {
  return payloadError !== undefined && (payloadError as NodeJS.ErrnoException).code !== 'EPIPE';
}

function interruptedPiece(error: unknown) {
  return fail(
    {
      code: 'piece-broke-off',
      summary: 'the piece data ended early',
      why: messageOf(error),
      fix: 'send the piece again',
    },
    { cause: error },
  );
}

function died(kind: string, ending: string | undefined, tail: readonly string[]) {
  return fail({
    code: 'compute-process-died',
    summary: `the compute process for ${kind} ended with ${ending ?? 'no result'}`,
    why:
      tail.length > 0
        ? `its last output:\n${tail.join('\n')}`
        : 'it printed nothing; the kernel sends SIGKILL when memory runs out',
    fix: 'check dmesg and the memory of this host, and run fewer tasks at once',
  });
}
