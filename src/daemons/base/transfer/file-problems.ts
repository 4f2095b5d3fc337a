import { fail, messageOf, ProblemError } from '@sealctl/core/problem/problem';
import type { PathType } from '@sealctl/core/lotus/rpc-values';
import { sectorName, type SectorFileTypeName, type SectorId } from '@sealctl/core/lotus/sector-file';

/** The text of an error: its problems, or its message. */
export function whyOf(error: unknown): string {
  return error instanceof ProblemError
    ? error.problems.map(({ summary, why }) => [summary, why].filter(Boolean).join(': ')).join('; ')
    : messageOf(error);
}

/** No daemon of the cluster has the file. */
export function missing(sector: SectorId, type: SectorFileTypeName) {
  return fail({
    code: 'sector-file-missing',
    summary: `no storage path has ${type} of ${sectorName(sector)}`,
    fix: `look for it with 'storage find'; if a host has it on a path, run 'storage redeclare' there`,
  });
}

/** Every source of the file failed. */
export function fetchFailed(sector: SectorId, type: SectorFileTypeName, failures: readonly string[]) {
  return fail({
    code: 'fetch-failed',
    summary: `${type} of ${sectorName(sector)} could not be fetched from any of ${failures.length} sources`,
    why: failures.join('; '),
  });
}

/** No path of this daemon takes the files now. */
export function noFreeSpace(
  sector: SectorId,
  types: readonly string[],
  use: PathType,
  reasons: readonly string[],
) {
  return fail({
    code: 'no-free-space',
    summary: `no path here can take ${types.join(' and ')} of ${sectorName(sector)} for ${use}`,
    why: reasons.join('; ') || 'this host has no path that may hold them',
    fix: 'attach a path with free space, or wait until running tasks have moved their files on',
  });
}
