import { ProblemError } from '@sealctl/core/problem/problem';
import { RpcError } from '@sealctl/core/lotus/rpc-error';

/** A fault of a machine that made a task fail: `no-free-space` needs more space, `machine-failed` a retry or another machine. */
export type MachineFault = 'no-free-space' | 'machine-failed';

/** Problems of a machine, of a connection, or of unreachable files: none of them means a wrong result. */
const machineProblems: ReadonlySet<string> = new Set([
  'call-unwanted',
  'compute-process-died',
  'fetch-failed',
  'machine-failed',
  'native-addon-unavailable',
  'piece-broke-off',
  'piece-unreachable',
  'sealing-io',
  'sealing-out-of-memory',
  'sector-file-missing',
  'unknown-storage-path',
]);

/** The fault of the machine behind an error; undefined where the sector is at fault, or where the cause is unknown. */
export function machineFaultOf(error: unknown): MachineFault | undefined {
  if (error instanceof ProblemError) {
    if (error.problems.some(({ code }) => code === 'no-free-space')) return 'no-free-space';
    return error.problems.some(({ code }) => machineProblems.has(code)) ? 'machine-failed' : undefined;
  }
  if (error instanceof RpcError) return 'machine-failed';
  if (!(error instanceof Error)) return undefined;
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'no-free-space';
  // An operating system error is not a fault of the data: a failing disk, too many open files, no memory, a missing mount or program.
  if (errno !== undefined || syscall !== undefined) return 'machine-failed';
  return machineFaultOf(error.cause);
}
