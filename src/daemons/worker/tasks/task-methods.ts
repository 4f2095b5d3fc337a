import { z } from 'zod';
import type { CallId } from '@sealctl/core/lotus/rpc-values';
import type { SectorId } from '@sealctl/core/lotus/sector-file';
import type { WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';
import type { Method, Methods } from '../../base/rpc/method.ts';
import type { PushStreams } from '../../base/rpc/push-streams.ts';
import type { CallContext, Calls } from '../calls/calls.ts';
import { addPiece, computeDataCid } from './add-piece.ts';
import { payloadOf } from './payload.ts';
import { finalizeSector, sealCommit1, sealCommit2, sealPreCommit1, sealPreCommit2 } from './seal.ts';
import { fetchFiles, moveStorage, releaseUnsealed } from './storage.ts';
import type { TaskDeps } from './task-deps.ts';
import { unsealPiece } from './unseal.ts';
import {
  finalizeReplicaUpdate,
  proveReplicaUpdate1,
  proveReplicaUpdate2,
  generateSectorKey,
  replicaUpdate,
} from './update.ts';
import * as value from './values.ts';

/** The sector of DataCid, which has none. */
const noSector: SectorId = { Miner: 0, Number: 0 };

/** The methods that start a task. Each returns a call ID at once; the result is sent to the miner later. */
export function taskMethods(calls: Calls, deps: TaskDeps, pushes: PushStreams): Methods {
  const { sectorRef, unpaddedSize, randomness, pieces, bytes, fileMask, reader } = value;
  const commitments = z.object({ Unsealed: value.dataCid, Sealed: value.replicaCid });
  const kept = z
    .array(z.object({ Offset: unpaddedSize, Size: unpaddedSize }))
    .nullable()
    .transform((list) => list ?? []);
  const sizes = z
    .array(unpaddedSize)
    .nullable()
    .transform((list) => list ?? []);

  const methods: Record<WorkerTaskMethod, Method<never[], Promise<CallId>>> = {
    DataCid: task('DataCid', [unpaddedSize, reader], ([size, source]) => {
      const payload = payloadOf(source, pushes);
      return { sector: noSector, work: (context) => computeDataCid(deps, size, payload, context) };
    }),
    AddPiece: task('AddPiece', [sectorRef, sizes, unpaddedSize, reader], ([of, existing, size, source]) => {
      const payload = payloadOf(source, pushes);
      return { ...of, work: (context) => addPiece(deps, of, existing, size, payload, context) };
    }),
    SealPreCommit1: task('SealPreCommit1', [sectorRef, randomness, pieces], ([of, ticket, list]) => ({
      ...of,
      work: (context) => sealPreCommit1(deps, of, ticket, list, context),
    })),
    SealPreCommit2: task('SealPreCommit2', [sectorRef, bytes], ([of, output]) => ({
      ...of,
      work: (context) => sealPreCommit2(deps, of, output, context),
    })),
    SealCommit1: task(
      'SealCommit1',
      [sectorRef, randomness, randomness, pieces, commitments],
      ([of, ticket, seed, , { Unsealed, Sealed }]) => ({
        ...of,
        work: (context) => sealCommit1(deps, of, { ticket, seed, commD: Unsealed, commR: Sealed }, context),
      }),
    ),
    SealCommit2: task('SealCommit2', [sectorRef, bytes], ([of, output]) => ({
      ...of,
      work: (context) => sealCommit2(deps, of, output, context),
    })),
    FinalizeSector: task('FinalizeSector', [sectorRef], ([of]) => ({
      ...of,
      work: (context) => finalizeSector(deps, of, context),
    })),
    FinalizeReplicaUpdate: task('FinalizeReplicaUpdate', [sectorRef], ([of]) => ({
      ...of,
      work: (context) => finalizeReplicaUpdate(deps, of, context),
    })),
    ReleaseUnsealed: task('ReleaseUnsealed', [sectorRef, kept], ([of, keep]) => ({
      ...of,
      work: () => releaseUnsealed(deps, of, keep),
    })),
    ReplicaUpdate: task('ReplicaUpdate', [sectorRef, pieces], ([of, list]) => ({
      ...of,
      work: (context) => replicaUpdate(deps, of, list, context),
    })),
    ProveReplicaUpdate1: task(
      'ProveReplicaUpdate1',
      [sectorRef, value.replicaCid, value.replicaCid, value.dataCid],
      ([of, commROld, commRNew, commDNew]) => ({
        ...of,
        work: (context) => proveReplicaUpdate1(deps, of, { commROld, commRNew, commDNew }, context),
      }),
    ),
    ProveReplicaUpdate2: task(
      'ProveReplicaUpdate2',
      [sectorRef, value.replicaCid, value.replicaCid, value.dataCid, z.array(bytes)],
      ([of, commROld, commRNew, commDNew, proofs]) => ({
        ...of,
        work: (context) => proveReplicaUpdate2(deps, of, { commROld, commRNew, commDNew }, proofs, context),
      }),
    ),
    GenerateSectorKeyFromData: task(
      'GenerateSectorKeyFromData',
      [sectorRef, value.dataCid],
      ([of, commD]) => ({
        ...of,
        work: (context) => generateSectorKey(deps, of, commD, context),
      }),
    ),
    MoveStorage: task('MoveStorage', [sectorRef, fileMask], ([of, mask]) => ({
      ...of,
      work: () => moveStorage(deps, of, mask),
    })),
    UnsealPiece: task(
      'UnsealPiece',
      [sectorRef, unpaddedSize, unpaddedSize, randomness, value.dataCid],
      ([of, offset, size, ticket, commD]) => ({
        ...of,
        work: (context) => unsealPiece(deps, of, { offset, bytes: size, ticket, commD }, context),
      }),
    ),
    Fetch: task(
      'Fetch',
      [sectorRef, fileMask, z.enum(['sealing', 'storage']), z.enum(['move', 'copy'])],
      ([of, mask, use, mode]) => ({
        ...of,
        work: (context) => fetchFiles(deps, of, mask, use, mode, context),
      }),
    ),
    DownloadSectorData: task('DownloadSectorData', [sectorRef, z.boolean(), z.unknown()], () => {
      throw new Error(
        'seal-worker does not import sectors from other storage providers (DownloadSectorData)',
      );
    }),
  };
  return methods;

  function task<const Schemas extends readonly z.ZodType[]>(
    name: WorkerTaskMethod,
    params: Schemas,
    plan: (values: { -readonly [Index in keyof Schemas]: z.output<Schemas[Index]> }) => {
      readonly sector: SectorId;
      readonly work: (context: CallContext) => Promise<unknown>;
    },
  ): Method<never[], Promise<CallId>> {
    return {
      permission: 'admin',
      params: params as never,
      run: (values) => {
        const { sector, work } = plan(values as never);
        return calls.start(name, sector, work);
      },
    };
  }
}
