import type { CallId } from '@sealctl/core/lotus/rpc-values';
import type { CallStatus } from '@sealctl/core/lotus/sealing-values';
import type { WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';
import type { JobStore } from './job-store.ts';

/** Methods whose files replace every other copy, each with its step of the pipeline. */
const stepOfMethod: Partial<Record<WorkerTaskMethod, string>> = {
  SealPreCommit1: 'PC1',
  ReplicaUpdate: 'RU',
};
/** States in which such a step has no result yet. */
const statesOfStep: Readonly<Record<string, readonly string[]>> = {
  PC1: ['AddPiece', 'Packing', 'GetTicket', 'PreCommit1', 'SealPreCommit1Failed'],
  RU: ['UpdateReplica', 'ReplicaUpdateFailed'],
};

/**
 * Returns the status of a worker's call. The worker may have been frozen or disconnected for so long that another worker has done the work
 * since; it must not replace the other's files.
 */
export function callStatusOf(
  { jobs, sectors }: Pick<JobStore, 'jobs' | 'sectors'>,
  { ID, Sector }: CallId,
  method: WorkerTaskMethod,
): CallStatus {
  const ofSector = [...jobs.values()].filter(
    ({ sector }) => sector.Number === Sector.Number && sector.Miner === Sector.Miner,
  );
  for (const { place, givenUp, spec } of ofSector) {
    if (place?.call === ID) return 'wanted';
    // A result of an abandoned call counts while the job waits. While the current call has no ID yet, this may be that call.
    if (givenUp.includes(ID)) return place === undefined ? 'wanted' : 'superseded';
    if (spec.method !== method) continue;
    if (place === undefined) return 'dropped';
    return place.call === undefined ? 'wanted' : 'superseded';
  }
  const step = stepOfMethod[method];
  const state = sectors.get(Sector.Number)?.state;
  const isToCome = step !== undefined && state !== undefined && statesOfStep[step]?.includes(state) === true;
  return isToCome ? 'dropped' : 'superseded';
}
