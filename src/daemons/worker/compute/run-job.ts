import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { fail, messageOf, ProblemError } from '@sealctl/core/problem/problem';
import { makeAllocator, type Allotment, type Allocation } from './allocations.ts';
import type { ComputeJob, ComputeMessage, ComputeProgress, ComputeResults } from './job.ts';

/** How a computation is watched and stopped. */
export interface RunOptions {
  /** Aborting ends the process, and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ComputeProgress) => void;
  /** Bytes of a piece. */
  readonly payload?: Readable;
}

/** Computes jobs, each in a process of its own: its memory is given back, and ending it really stops the work. */
export interface ComputeJobRunner {
  readonly run: <Job extends ComputeJob>(
    job: Job,
    options: RunOptions,
  ) => Promise<ComputeResults[Job['kind']]>;
}

export interface ComputeJobRunnerOptions {
  /** What the jobs are kept to. */
  readonly allotment: Allotment;
  /** This program's executable and the words in front of a command. */
  readonly program: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** The hidden command of the worker that is the inside of such a process. */
export const computeCommandName = 'compute';
/** A process that was told to stop and does not is killed after this; milliseconds. */
const killAfterMs = 5_000;
const lastLines = 20;

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
      // A process group of its own: Ctrl-C on a terminal reaches the worker, and the worker decides.
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
      createInterface({ input: child.stdout }).on('line', (line) => {
        const message = JSON.parse(line) as ComputeMessage;
        if (message.kind === 'progress') onProgress(message.progress);
        else outcome = message;
      });
      createInterface({ input: child.stderr }).on('line', (line) => {
        log.info({ job: job.kind, line }, 'a compute process says');
        tail.push(line);
        if (tail.length > lastLines) tail.shift();
      });
      child.stdin.on('error', () => undefined); // that it ended shows in how it ended
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
            // A payload that breaks off must not look like one that ends.
            stop();
          });
        const ending = await ended;
        signal.throwIfAborted();
        if (outcome?.kind === 'result') return outcome.result as ComputeResults[Job['kind']];
        if (outcome?.kind === 'failure' && !brokeOff(payloadError))
          throw new ProblemError(
            outcome.problems.map((problem) => ({ ...problem, severity: 'error' as const })),
          );
        if (payloadError !== undefined) throw payloadBroke(payloadError);
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

/** The program on the CPUs of its allocation, and everything it starts with it. */
function narrowed(
  program: ComputeJobRunnerOptions['program'],
  { cpus }: Allocation,
): ComputeJobRunnerOptions['program'] {
  return cpus === undefined ? program : ['taskset', '--cpu-list', cpus.join(','), ...program];
}

/** A process that fails closes its inlet, which breaks the payload off too: then its own words count. */
function brokeOff(payloadError: unknown): boolean {
  return payloadError !== undefined && (payloadError as NodeJS.ErrnoException).code !== 'EPIPE';
}

function payloadBroke(error: unknown) {
  return fail(
    {
      code: 'piece-broke-off',
      summary: 'the piece broke off before its end',
      why: messageOf(error),
      fix: 'send it again',
    },
    { cause: error },
  );
}

function died(kind: string, ending: string | undefined, tail: readonly string[]) {
  return fail({
    code: 'compute-process-died',
    summary: `the process that computes ${kind} ended with ${ending ?? 'no result'}`,
    why:
      tail.length > 0
        ? `it said:\n${tail.join('\n')}`
        : 'it said nothing; SIGKILL is what the kernel sends when memory runs out',
    fix: 'look at dmesg and at the memory of this host, and lower the number of tasks at a time',
  });
}
