import { cordon, type WorkerLink } from '../apply/cordon/worker-operations.ts';
import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import { RpcError, rpcErrorCodes } from '@sealctl/core/lotus/rpc-error';
import type { StorageInfo } from '@sealctl/core/lotus/rpc-values';
import { sealProofNumber } from '@sealctl/core/lotus/seal-proof';
import { fileMaskOf, sectorName, type SectorId } from '@sealctl/core/lotus/sector-file';
import { sectorSizes } from '@sealctl/core/lotus/sector-size';
import { readUsualTimes } from '../observe/usual-times.ts';
import { blockersOf, type Blocker, type ListedTask, type SectorPhase } from './blockers.ts';
import { storesAmong, type MoveLink } from './move-files.ts';
import { onlyCopies, type OnlyCopy } from './only-copies.ts';

/** The connections of a drain: the workers of the host, their miner, and the workers of other hosts that may take files. */
export interface DrainLink {
  readonly miner: RpcClient<MinerApi>;
  /** Actor id of the miner, such as 1000. */
  readonly actorId: number;
  /** The host's workers that run. */
  readonly workers: readonly WorkerLink[];
  /** Path IDs of a worker while it does not answer. */
  readonly pathsOf: (label: string) => readonly string[];
  /** Workers of other hosts by the IDs of their paths. */
  readonly owners: () => Promise<ReadonlyMap<string, PathOwner>>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** A worker of another host. */
export interface PathOwner {
  readonly label: string;
  readonly connect: () => Promise<WorkerLink>;
}

/** States in which the miner does nothing with a sector by itself. */
const restingStates = ['Proving', 'Available', 'FailedUnrecoverable', 'Removed'] as const;

/** Reads what keeps the host from being stopped. */
export async function readBlockers(link: DrainLink): Promise<Blocker[]> {
  const { miner, signal } = link;
  const own = await ownPaths(link);
  const [tasks, diagnosis, index, usual] = await Promise.all([
    listedTasks(link),
    miner.call('SealingSchedDiag', [false], { signal }),
    miner.call('StorageList', [], { signal }),
    readUsualTimes(miner, { signal }),
  ]);
  const copies = onlyCopies(index, own);
  return blockersOf({
    now: link.now(),
    labels: new Set(link.workers.map(({ label }) => label)),
    tasks,
    queue: (diagnosis.SchedInfo.Requests ?? []).map(({ Sector, TaskType }) => ({
      sector: Sector,
      task: TaskType,
    })),
    copies,
    sectors: await phasesOf(link, copies),
    usual,
  });
}

/**
 * Keeps workers cordoned: one that was restarted since the last call accepts again what its flags say, and is told not to. One that was
 * not is left alone, so that whoever cancels the drain meanwhile has the last word.
 */
export function makeCordon(link: DrainLink): () => Promise<void> {
  const sessions = new Map<string, string>();
  const step = { signal: link.signal, progress: () => undefined };
  return async () => {
    for (const each of link.workers) {
      // One that does not answer is being restarted, or has ended: the next call sees which.
      const session = await each.worker.call('ProcessSession', [], step).catch(() => undefined);
      const before = sessions.get(each.label);
      if (session === undefined) continue;
      if (before !== undefined && before !== session) await cordon(each, step);
      sessions.set(each.label, session);
    }
  };
}

async function listedTasks({ miner, signal }: DrainLink): Promise<ListedTask[]> {
  const [stats, jobs] = await Promise.all([
    miner.call('WorkerStats', [], { signal }),
    miner.call('WorkerJobs', [], { signal }),
  ]);
  return Object.entries(jobs ?? {}).flatMap(([session, list]) =>
    (list ?? []).map((job) => ({
      sector: job.Sector,
      task: job.Task,
      // A result whose worker has ended has no session, but the worker's name; a worker that has just connected has only the session.
      worker: stats[session]?.Info.Hostname ?? job.Hostname ?? session,
      runWait: job.RunWait,
      startedAt: Date.parse(job.Start),
    })),
  );
}

/** IDs of paths that only this host's workers serve: a path on shared storage has more URLs. */
async function ownPaths(link: DrainLink): Promise<Set<string>> {
  const serving = new Map<string, number>();
  for (const { label, worker } of link.workers) {
    const ids = await worker.call('Paths', [], { signal: link.signal }).then(
      (paths) => (paths ?? []).map(({ ID }) => ID),
      () => link.pathsOf(label),
    );
    for (const id of ids) serving.set(id, (serving.get(id) ?? 0) + 1);
  }
  const infos = await Promise.all(
    [...serving].map(async ([id, here]) => ({ id, here, info: await infoOf(link, id) })),
  );
  return new Set(infos.filter(({ here, info }) => (info?.URLs?.length ?? 0) <= here).map(({ id }) => id));
}

/** Undefined for a path the miner does not know, such as one that has not been declared yet. */
async function infoOf({ miner, signal }: DrainLink, id: string): Promise<StorageInfo | undefined> {
  return orUndefined(miner.call('StorageInfo', [id], { signal }));
}

async function phasesOf(link: DrainLink, copies: readonly OnlyCopy[]): Promise<Map<string, SectorPhase>> {
  const { miner, actorId, signal } = link;
  const phases = new Map<string, SectorPhase>();
  if (copies.length === 0) return phases;
  const resting = await Promise.all(
    restingStates.map(async (state) => ({
      state,
      sectors: await miner.call('SectorsListInStates', [[state]], { signal }),
    })),
  );
  for (const { state, sectors } of resting)
    for (const number of sectors ?? [])
      phases.set(sectorName({ Miner: actorId, Number: number }), { state, rests: true });
  for (const { sector } of copies) {
    if (sector.Miner !== actorId || phases.has(sectorName(sector))) continue;
    const info = await orUndefined(miner.call('SectorsStatus', [sector.Number, false], { signal }));
    if (info === undefined) continue;
    const begin = info.Log.findLast(({ Kind }) => Kind === 'state') ?? info.Log.at(-1);
    phases.set(sectorName(sector), {
      state: info.State,
      rests: false,
      ...(begin && { since: begin.Timestamp * 1000 }),
    });
  }
  return phases;
}

/** Moving files through the RPC that the daemons offer: the store's worker fetches them, which takes them away from the source. */
export function moveLink(link: DrainLink): MoveLink {
  const { miner, signal } = link;
  const ownerOf = async (pathId: string): Promise<PathOwner> => {
    const owner = (await link.owners()).get(pathId);
    if (owner === undefined) throw new Error(`nobody known serves the path ${pathId}`);
    return owner;
  };
  return {
    storesFor: async ({ sector, files, paths }) => {
      const { bytes } = await sealedWith(link, sector);
      const best = await orUndefined(
        miner.call('StorageBestAlloc', [fileMaskOf(files), bytes, 'storage', sector.Miner], { signal }),
      );
      if (best === undefined) return [];
      const sources = await Promise.all(paths.map((id) => infoOf(link, id)));
      const known = sources.filter((info) => info !== undefined);
      const owners = await link.owners();
      return storesAmong(best, known, new Set(paths), (id) => owners.get(id)?.label);
    },
    fetch: async ({ pathId }, sector, files) => {
      const { worker } = await (await ownerOf(pathId)).connect();
      const { proof } = await sealedWith(link, sector);
      const ref = { ID: sector, ProofType: proof };
      return worker.call('Fetch', [ref, files, 'storage', 'move'], { signal });
    },
    isRunning: async ({ pathId }, call) => {
      const { worker } = await (await ownerOf(pathId)).connect();
      try {
        const running = await worker.call('RunningCalls', [], { signal });
        return running.some(({ ID }) => ID.ID === call.ID);
      } catch (thrown) {
        // A lotus-worker does not list its calls: only the index shows that the files have arrived.
        if (isUnknownMethod(thrown)) return true;
        throw thrown;
      }
    },
  };
}

/** The proof a sector was sealed for, and its size in bytes; a sector the miner does not know has the miner's size. */
async function sealedWith(
  { miner, actorId, signal }: DrainLink,
  sector: SectorId,
): Promise<{ readonly proof: number; readonly bytes: number }> {
  const bytes = await miner.call('ActorSectorSize', [`f0${actorId}`], { signal });
  const size = sectorSizes.find((candidate) => candidate.bytes === bytes)?.name ?? '32GiB';
  const info =
    sector.Miner === actorId
      ? await orUndefined(miner.call('SectorsStatus', [sector.Number, false], { signal }))
      : undefined;
  return { proof: info?.SealProof ?? sealProofNumber(size, 'V1_1'), bytes };
}

/** Resolves with undefined when the daemon answers with an error; rejects when it does not answer. */
async function orUndefined<Value>(answer: Promise<Value>): Promise<Value | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    const saysNo = thrown instanceof RpcError && thrown.failure === 'answer';
    if (saysNo && !isUnknownMethod(thrown)) return undefined;
    throw thrown;
  }
}

function isUnknownMethod(thrown: unknown): boolean {
  return thrown instanceof RpcError && thrown.code === rpcErrorCodes.methodNotFound.code;
}
