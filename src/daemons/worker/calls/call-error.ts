import { messageOf, ProblemError } from '@sealctl/core/problem/problem';
import type { CallError } from '@sealctl/core/lotus/rpc-values';
import { machineFaultOf } from '../machine-fault.ts';

/**
 * The error code of a failure for the miner: 102 for insufficient space, 100 for any other fault of a machine or a connection, 0 for a
 * failure that counts against the sector. Source: docs/spec/lotus.md section 9.3.
 */
export function callErrorOf(error: unknown, name: string): CallError {
  const message =
    error instanceof ProblemError
      ? error.problems.map(({ summary, why }) => [summary, why].filter(Boolean).join(': ')).join('; ')
      : messageOf(error);
  return { Code: codes[machineFaultOf(error) ?? 'none'], Message: `${message} [name: ${name}]` };
}

const codes = { 'no-free-space': 102, 'machine-failed': 100, none: 0 } as const;
