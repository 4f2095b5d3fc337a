import { ProblemError } from '@sealctl/core/problem/problem';
import { RpcError } from '@sealctl/core/lotus/rpc-error';

/** The fault of a machine that made a task fail: more space fixes `no-free-space`, a retry or another machine fixes `machine-failed`. */
export type MachineFault = 'no-free-space' | 'machine-failed';

/** Problems of a machine, of a connection, or of files that are out of reach: none of them means a wrong result. */
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
  // An error of the system does not concern the bytes: a failing disk, too many open files, no memory, a missing mount or program.
  if (errno !== undefined || syscall !== undefined) return 'machine-failed';
  return machineFaultOf(error.cause);
}
