import type { Logger } from 'pino';
import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { CallId } from '@sealctl/core/lotus/rpc-values';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import type { Calls } from './calls/calls.ts';
import { retryUntilReachable } from './miner-link.ts';
import type { TaskDeps } from './tasks/task-deps.ts';

/**
 * Reads the status of a call from the miner, and waits while the miner is unreachable. A Lotus miner has no such method and accepts every
 * result. While another call of this worker works on the sector, a superseded call is reported as dropped, so that its files stay for the
 * other call.
 */
export function readCallStatus(
  client: RpcClient<MinerApi>,
  agent: string | undefined,
  calls: Pick<Calls, 'running'>,
  signal: AbortSignal,
  log: Logger,
): TaskDeps['callStatus'] {
  const isAlone = ({ Sector, ID }: CallId): boolean =>
    !calls
      .running()
      .some(
        ({ ID: other }) =>
          other.ID !== ID && other.Sector.Number === Sector.Number && other.Sector.Miner === Sector.Miner,
      );
  return async (call, method) => {
    if (agent !== 'seal-miner') return 'wanted';
    const status = await retryUntilReachable(
      () => client.call('SealingCallStatus', [call, method]),
      signal,
      log,
    );
    return status === 'superseded' && !isAlone(call) ? 'dropped' : status;
  };
}
