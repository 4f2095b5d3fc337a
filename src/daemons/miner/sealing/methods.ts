import { z } from 'zod';
import type { MinerApi, MinerReturnApi } from '@sealctl/core/lotus/miner-api';
import { minerPermissions, returnsWithoutValue, returnsWithValue } from '@sealctl/core/lotus/miner-api';
import type { CallError, CallId } from '@sealctl/core/lotus/rpc-values';
import { workerTaskMethods } from '@sealctl/core/lotus/worker-api';
import type { Method, Methods, MethodsOf } from '../../base/rpc/method.ts';
import { isSectorState } from '../pipeline/sector.ts';
import { unpaddedBytes, smallestPiece } from '../pipeline/pieces.ts';
import type { PieceSpool } from '../piece-spool.ts';
import type { WorkerRegistry } from '../worker-registry.ts';
import { explainedRequests, schedDiag, sectorInfo, taskTimes, workerJobs, workerStats } from './listing.ts';
import type { Sealing } from './sealing.ts';

const count = z.number().int().nonnegative();
const flag = z.boolean();
const sectorId = z.object({ Miner: count, Number: count });
const call = z.object({ Sector: sectorId, ID: z.string() });
const callError = z.object({ Code: z.number(), Message: z.string() }).nullable();
const reader = z.object({ Type: z.enum(['null', 'http', 'push']), Info: z.string() });

/** The miner's methods about sectors and their work, and every `Return…`. */
export function sealingMethods(parts: {
  readonly sealing: Sealing;
  readonly registry: WorkerRegistry;
  readonly spool: PieceSpool;
  readonly miner: number;
  readonly now: () => number;
}): Methods {
  const { sealing, registry, spool, miner } = parts;
  const sectorOf = (number: number) => {
    const sector = sealing.sector(number);
    if (sector === undefined) throw new Error(`sector ${number} does not exist`);
    return sector;
  };
  const ask =
    (kind: 'start-packing' | 'remove' | 'mark-for-upgrade') =>
    (number: number): null => {
      sealing.request(number, { kind });
      return null;
    };
  const methods: { readonly [Name in SealingMethod]: Omit<MethodsOf<MinerApi>[Name], 'permission'> } = {
    WorkerStats: { params: [], run: () => workerStats(registry.list(), sealing.jobs()) },
    WorkerJobs: { params: [], run: () => workerJobs(registry.list(), sealing.jobs()) },
    PledgeSector: { params: [], run: () => ({ Miner: miner, Number: sealing.pledge() }) },
    SectorsList: { params: [], run: () => sealing.sectors().map(({ number }) => number) },
    SectorsListInStates: {
      params: [z.array(z.string())],
      run: ([states]) =>
        sealing
          .sectors()
          .filter(({ state }) => states.includes(state))
          .map(({ number }) => number),
    },
    SectorsSummary: {
      params: [],
      run: () => {
        const counts: Record<string, number> = {};
        for (const { state } of sealing.sectors()) counts[state] = (counts[state] ?? 0) + 1;
        return counts;
      },
    },
    SectorsInfo: {
      params: [z.array(z.string()).nullable()],
      run: ([states]) =>
        sealing
          .sectors()
          .filter(({ state }) => states === null || states.includes(state))
          .map((sector) => sectorInfo(sector, sealing.beginningOf(sector.number))),
    },
    SectorsStatus: {
      params: [count, flag],
      run: ([number]) => sectorInfo(sectorOf(number), sealing.logOf(number)),
    },
    SectorStartSealing: { params: [count], run: ([number]) => ask('start-packing')(number) },
    SectorRemove: { params: [count], run: ([number]) => ask('remove')(number) },
    SectorMarkForUpgrade: {
      params: [count, flag],
      run: ([number, snap]) => {
        if (!snap) throw new Error('sectors are upgraded in place only: the second parameter must be true');
        return ask('mark-for-upgrade')(number);
      },
    },
    SectorUnseal: {
      params: [count],
      run: ([number]) => {
        sealing.request(number, { kind: 'side-task', sideTask: 'unseal' });
        return null;
      },
    },
    SectorRegenerateKey: {
      params: [count],
      run: ([number]) => {
        sealing.request(number, { kind: 'side-task', sideTask: 'regenerate' });
        return null;
      },
    },
    SectorsUpdate: {
      params: [count, z.string()],
      run: ([number, state]) => {
        if (!isSectorState(state)) throw new Error(`unknown state '${state}'`);
        sealing.request(number, { kind: 'force-state', state });
        return null;
      },
    },
    SectorAddPieceToAny: {
      params: [count, reader, z.unknown()],
      run: async ([bytes, source], { signal }) => {
        const padded = (bytes / 127) * 128;
        if (unpaddedBytes(padded) !== bytes || padded < smallestPiece || !Number.isInteger(Math.log2(padded)))
          throw new Error(`${bytes} bytes are not a piece size; it must be 127 times a power of two`);
        const stored = await spool.take(source, bytes, signal);
        const { sector, offset } = sealing.addPiece(stored, padded);
        return { Sector: sector, Offset: offset };
      },
    },
    SealingSchedDiag: {
      params: [flag],
      run: ([doSched]) => {
        if (doSched) sealing.nudge();
        return schedDiag(sealing.jobs());
      },
    },
    SealingExplain: {
      params: [],
      run: () => explainedRequests(sealing.jobs(), sealing.consider(), registry.list(), parts.now()),
    },
    SealingTimes: { params: [], run: () => taskTimes(sealing.finishedTimes()) },
    SealingCallStatus: {
      params: [call, z.enum(workerTaskMethods)],
      run: ([id, method]) => sealing.callStatus(id, method),
    },
    SealingAbort: {
      params: [call],
      run: ([{ ID }]) => {
        sealing.abort(ID);
        return null;
      },
    },
    SealingRemoveRequest: {
      params: [z.string()],
      run: ([id]) => {
        sealing.removeRequest(id);
        return null;
      },
    },
  };
  const permitted = Object.entries(methods).map(([name, method]) => [
    name,
    { ...method, permission: minerPermissions[name as SealingMethod] },
  ]);
  return { ...(Object.fromEntries(permitted) as Methods), ...returnMethods(sealing) };
}

/** The methods that `sealingMethods` serves. */
export type SealingMethod =
  | 'WorkerStats'
  | 'WorkerJobs'
  | Extract<keyof MinerApi, `Sector${string}` | `Sealing${string}` | 'PledgeSector'>;

/** Every result is acknowledged, known or not, since a worker repeats it until then. */
function returnMethods(sealing: Sealing): Methods {
  const withValue = returnsWithValue.map((name) => [
    name,
    {
      permission: 'admin',
      params: [call, z.unknown(), callError],
      run: ([id, value, error]: [CallId, unknown, CallError | null]) => {
        sealing.deliver(name, id, value, error);
        return null;
      },
    },
  ]);
  const withoutValue = returnsWithoutValue.map((name) => [
    name,
    {
      permission: 'admin',
      params: [call, callError],
      run: ([id, error]: [CallId, CallError | null]) => {
        sealing.deliver(name, id, null, error);
        return null;
      },
    },
  ]);
  const all: Record<keyof MinerReturnApi, Method<never[], unknown>> = Object.fromEntries([
    ...withValue,
    ...withoutValue,
  ]);
  return all;
}
