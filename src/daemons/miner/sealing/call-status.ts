import type { CallId } from '@sealctl/core/lotus/rpc-values';
import type { CallStatus } from '@sealctl/core/lotus/sealing-values';
import type { WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';
import type { JobStore } from './job-store.ts';

/** Methods whose files take the place of every other copy, and the pipeline's step that each belongs to. */
const stepOfMethod: Partial<Record<WorkerTaskMethod, string>> = {
  SealPreCommit1: 'PC1',
  ReplicaUpdate: 'RU',
};
/** States in which the outcome of such a step is still to come. */
const statesOfStep: Readonly<Record<string, readonly string[]>> = {
  PC1: ['AddPiece', 'Packing', 'GetTicket', 'PreCommit1', 'SealPreCommit1Failed'],
  RU: ['UpdateReplica', 'ReplicaUpdateFailed'],
};

/**
 * The status of a worker's call: the worker may have been frozen or cut off for so long that another has done the work since,
 * whose files it must not replace.
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
    // Taken while the job waits; and while its call's id is not known yet, this may be it.
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
