import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { messageOf, ProblemError } from '@sealctl/core/problem/problem';
import { machineFaultOf } from '../machine-fault.ts';
import { computeJob } from './compute-job.ts';
import type { ComputeJob, ComputeMessage } from './job.ts';

/** Time for an aborted computation to clean up. */
const graceMs = 3_000;

/**
 * The main function of a compute process: reads one job as a line from stdin, writes progress and outcome as lines to stdout. It stops at
 * the end of stdin, which means that the worker aborted the job or died. It ignores signals to the whole service, which the worker handles.
 */
export async function computeProcess(): Promise<number> {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const unwanted = new AbortController();
  const job = await new Promise<ComputeJob | undefined>((resolve) => {
    const lines = createInterface({ input: process.stdin });
    lines.once('line', (line) => resolve(JSON.parse(line) as ComputeJob));
    lines.once('close', () => {
      resolve(undefined);
      unwanted.abort(new Error('the task was aborted'));
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
    });
  });
  if (job === undefined) return 1;
  // The worker may have exited before the last line is written.
  process.stdout.on('error', () => process.kill(process.pid, 'SIGKILL'));
  try {
    const result = await computeJob(job, {
      signal: unwanted.signal,
      onProgress: (progress) => tell({ kind: 'progress', progress }),
      onLine: (line) => process.stderr.write(`${line}\n`),
      payload: () => createReadStream('', { fd: 3 }),
    });
    tell({ kind: 'result', result });
  } catch (error) {
    tell({ kind: 'failure', problems: failureProblems(error) });
  }
  process.stdin.destroy();
  return 0;
}

function tell(message: ComputeMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** The texts of strerror(3) for ENOSPC and EDQUOT, at the end of a kernel's message. */
const diskFull = /: (?:No space left on device|Disk quota exceeded)$/;

/** Converts a failure to problems for the worker. A fault of the machine keeps its code; a full disk is `no-free-space`. */
export function failureProblems(error: unknown): Extract<ComputeMessage, { kind: 'failure' }>['problems'] {
  if (!(error instanceof ProblemError))
    return [{ code: machineFaultOf(error) ?? 'task-failed', summary: messageOf(error) }];
  return error.problems.map((problem) => ({
    code: diskFull.test(problem.summary) ? 'no-free-space' : problem.code,
    summary: problem.summary,
    ...(problem.why === undefined ? {} : { why: problem.why }),
    ...(problem.fix === undefined ? {} : { fix: problem.fix }),
  }));
}
