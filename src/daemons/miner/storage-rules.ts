import type { FsStat, StorageInfo } from '@sealctl/core/lotus/rpc-values';

/** A path without a health report for this long gets no new files. Source: docs/spec/lotus.md section 8.8. */
export const staleAfterMs = 50_000;

/** The state of a path in the index. */
export interface PathState {
  readonly info: StorageInfo;
  readonly stat: FsStat;
  /** Time of the last health report, or of the first attach; milliseconds. */
  readonly heardAt: number;
  /** Empty when the path is healthy. */
  readonly ailment: string;
}

/** Returns why a path cannot take any new files; undefined when it can. */
export function ailmentOf(path: PathState, now: number): string | undefined {
  if (path.ailment !== '') return `is not well: ${path.ailment}`;
  const silent = now - path.heardAt;
  return silent > staleAfterMs ? `sent no health report for ${Math.round(silent / 1000)} seconds` : undefined;
}

/**
 * The group rule: the groups that may fetch from these holders, or undefined where every group may, since a holder has no AllowTo. Files
 * that no path holds cannot be fetched. Source: docs/spec/lotus.md section 12.6.
 */
export function groupsAllowed(holders: readonly StorageInfo[]): ReadonlySet<string> | undefined {
  if (holders.some(({ AllowTo }) => (AllowTo ?? []).length === 0)) return undefined;
  return new Set(holders.flatMap(({ AllowTo }) => AllowTo ?? []));
}

/** Whether a path is in one of the allowed groups; undefined allows every path. */
export function inGroups(info: StorageInfo, allowed: ReadonlySet<string> | undefined): boolean {
  return allowed === undefined || (info.Groups ?? []).some((group) => allowed.has(group));
}

/**
 * Whether a path admits this storage provider. In Lotus, one malformed address makes every allocation of the cluster fail. Here a malformed
 * address matches no miner, and a list with only malformed addresses admits none.
 */
export function admitsMiner(
  info: StorageInfo,
  miner: number,
  warn: (message: string) => void = () => undefined,
): boolean {
  if ((info.AllowMiners ?? []).length === 0 && (info.DenyMiners ?? []).length === 0) return true;
  const numbers = (addresses: readonly string[] | null): number[] =>
    (addresses ?? []).map((address) => {
      const number = /^[ft]0(\d+)$/.exec(address)?.[1];
      if (number === undefined)
        warn(`storage path ${info.ID}: '${address}' is not an actor address such as f01000`);
      return number === undefined ? -1 : Number(number);
    });
  if (numbers(info.DenyMiners).includes(miner)) return false;
  return (info.AllowMiners ?? []).length === 0 || numbers(info.AllowMiners).includes(miner);
}
