import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { CallOptions, RpcClient } from '@sealctl/core/lotus/rpc-client';
import { RpcError, rpcErrorCodes } from '@sealctl/core/lotus/rpc-error';
import type { TaskTimes } from '@sealctl/core/lotus/sealing-values';
import { durationText } from '@sealctl/core/text/units';

/**
 * How long a task takes by the miner's records: milliseconds by the task's full name, the median of those that ended well. All sectors of
 * one miner have one size, so the type of a task says its size as well.
 */
export type UsualTimes = ReadonlyMap<string, number>;

/** Asks the miner for its records. A miner that keeps none, as Lotus's does not, leaves every estimate open. */
export async function readUsualTimes(
  miner: RpcClient<MinerApi>,
  options: CallOptions = {},
): Promise<UsualTimes> {
  try {
    return usualTimesOf(await miner.call('SealingTimes', [], options));
  } catch (thrown) {
    if (thrown instanceof RpcError && thrown.code === rpcErrorCodes.methodNotFound.code) return new Map();
    throw thrown;
  }
}

/** Proofs of one size differ in nothing that takes time: of several, the one with the most tasks counts. */
export function usualTimesOf(records: readonly TaskTimes[]): UsualTimes {
  const fewestFirst = records.toSorted((a, b) => a.Count - b.Count);
  return new Map(fewestFirst.map(({ Task, MedianMs }) => [Task, MedianMs]));
}

/** `about 28s left`, `longer than the usual 40s`, or `no estimate yet` while no such task has ended. Milliseconds. */
export function estimateText(elapsedMs: number, usualMs: number | undefined): string {
  if (usualMs === undefined) return 'no estimate yet';
  const left = leftMs(elapsedMs, usualMs);
  return left === 0 ? `longer than the usual ${durationText(usualMs)}` : `about ${durationText(left)} left`;
}

/** Milliseconds until a task is usually done: 0 when it takes longer than usual already. */
export function leftMs(elapsedMs: number, usualMs: number): number {
  return Math.max(0, usualMs - elapsedMs);
}
