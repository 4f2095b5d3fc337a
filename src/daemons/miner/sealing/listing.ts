import { defaultResources } from '@sealctl/core/lotus/resource-table';
import { zeroUuid, type WorkerJob, type WorkerStats } from '@sealctl/core/lotus/rpc-values';
import { RpcError } from '@sealctl/core/lotus/rpc-error';
import type {
  ExplainedRequest,
  QueuedRequest,
  SchedDiag,
  SectorInfo,
  TaskTimes,
} from '@sealctl/core/lotus/sealing-values';
import { sealTaskKey, sectorSizeOfProof } from '@sealctl/core/lotus/seal-proof';
import { taskNameOf, type TaskCode } from '@sealctl/core/lotus/task-type';
import type { LogEntry, Sector } from '../pipeline/sector.ts';
import type { Decision } from '../schedule/decide.ts';
import { reasonText } from '../schedule/reason.ts';
import { demandOf } from '../schedule/resource-usage.ts';
import type { RegisteredWorker } from '../worker-registry.ts';
import type { Job, JobPlace } from './job.ts';

/** A job that is on a worker. */
type PlacedJob = Job & { readonly place: JobPlace };

/** `WorkerStats`: the resources of each worker and their use by tasks. Asks all workers for their task types concurrently. */
export async function workerStats(
  workers: readonly RegisteredWorker[],
  jobs: readonly Job[],
): Promise<Record<string, WorkerStats>> {
  const all = workers.map(
    async (worker) => [worker.session, await statsOf(worker, placedAt(jobs, worker))] as const,
  );
  return Object.fromEntries(await Promise.all(all));
}

async function statsOf(worker: RegisteredWorker, jobs: readonly PlacedJob[]): Promise<WorkerStats> {
  const tasks = await worker.taskTypes().catch((error: unknown) => {
    // A worker that does not respond is listed as such; any other error is a bug.
    if (error instanceof RpcError) return null;
    throw error;
  });
  const counts: Record<string, number> = {};
  const used = { MemUsedMin: 0, MemUsedMax: 0, GpuUsed: 0, CpuUse: 0 };
  for (const { spec, proof, place } of jobs) {
    const counted = place.stage === 'fetch' ? [spec.task, 'GET' as const] : [spec.task];
    for (const code of new Set(counted)) {
      const key = sealTaskKey(proof, taskNameOf(code));
      counts[key] = (counts[key] ?? 0) + 1;
    }
    if (place.stage === 'fetch') continue;
    const { resources, threads, gpu } = demandOf(worker.info, spec.task, proof, {
      defaultResources: (task, number) => defaultResources(task, sectorSizeOfProof(number) ?? '32GiB'),
    });
    used.MemUsedMin += resources.MinMemory;
    used.MemUsedMax += resources.MaxMemory;
    used.GpuUsed += gpu;
    used.CpuUse += threads;
  }
  return { Info: worker.info, Tasks: tasks, Enabled: worker.enabled, ...used, TaskCounts: counts };
}

/** `WorkerJobs`: the jobs on each worker; jobs of an unreachable worker are listed under the zero session. */
export function workerJobs(
  workers: readonly RegisteredWorker[],
  jobs: readonly Job[],
): Record<string, WorkerJob[]> {
  const listed: Record<string, WorkerJob[]> = {};
  for (const worker of workers) listed[worker.session] = placedAt(jobs, worker).map((job) => jobLine(job));
  const urls = new Set(workers.map(({ url }) => url));
  const away = jobs.filter(
    (job): job is PlacedJob => job.place !== undefined && !urls.has(job.place.worker.url),
  );
  if (away.length > 0)
    listed[zeroUuid] = away.map((job) => ({ ...jobLine(job), RunWait: -1, Hostname: job.place.worker.host }));
  return listed;
}

function jobLine({ sector, spec, place }: PlacedJob): WorkerJob {
  return {
    ID:
      place.call === undefined
        ? { Sector: { Miner: 0, Number: 0 }, ID: zeroUuid }
        : { Sector: sector, ID: place.call },
    Sector: sector,
    Task: taskNameOf(place.stage === 'fetch' ? 'GET' : spec.task),
    RunWait: place.call === undefined ? 1 : 0,
    Start: new Date(place.since).toISOString(),
  };
}

function placedAt(jobs: readonly Job[], { url }: RegisteredWorker): PlacedJob[] {
  return jobs.filter((job): job is PlacedJob => job.place?.worker.url === url);
}

/** `SealingSchedDiag`. */
export function schedDiag(jobs: readonly Job[]): SchedDiag {
  const requests = jobs.filter(({ place }) => place === undefined).map(requestOf);
  const running = jobs.flatMap((job) =>
    job.place?.call === undefined
      ? []
      : [[`${job.sector.Miner}-${job.sector.Number}-${job.place.call}`, workText(job)] as const],
  );
  const waiting = jobs.filter(({ place }) => place?.stage === 'task').map(workText);
  return {
    SchedInfo: { Requests: requests.length === 0 ? null : requests, OpenWindows: null },
    ReturnedWork: null,
    Waiting: waiting.length === 0 ? null : waiting,
    CallToWork: Object.fromEntries(running),
    EarlyRet: null,
  };
}

/** `SealingExplain`: the requests in queue order. A request without reasons is about to be assigned. */
export function explainedRequests(
  jobs: readonly Job[],
  decision: Decision,
  workers: readonly RegisteredWorker[],
  now: number,
): ExplainedRequest[] {
  const nobody = { Worker: zeroUuid, Hostname: 'nobody', Reason: 'no sealing worker is registered' };
  return jobs
    .filter(({ place }) => place === undefined)
    .map((job) => ({
      ...requestOf(job),
      WaitingMs: now - job.queuedAt,
      Reasons: workers.some(({ canSeal }) => canSeal)
        ? decision.explain(job.id).map(({ workerId, worker, reason }) => ({
            Worker: workerId,
            Hostname: worker,
            Reason: reasonText(reason),
          }))
        : [nobody],
    }));
}

function requestOf({ sector, spec, priority, id }: Job): QueuedRequest {
  return { Sector: sector, TaskType: taskNameOf(spec.task), Priority: priority, SchedId: id };
}

function workText({ spec, id }: Job): string {
  return `${taskNameOf(spec.task)}(${id.slice(0, 8)})`;
}

/** `SealingTimes`, from times by `CODE:proof`. */
export function taskTimes(times: ReadonlyMap<string, readonly number[]>): TaskTimes[] {
  return [...times].map(([key, all]) => {
    const { proof, task } = parseKindOfTask(key);
    return { Task: taskNameOf(task), ProofType: proof, Count: all.length, MedianMs: median(all) };
  });
}

function parseKindOfTask(key: string): { readonly task: TaskCode; readonly proof: number } {
  const [task = '', proof = ''] = key.split(':');
  return { task: task as TaskCode, proof: Number(proof) };
}

/** The median. For an even number of values, the lower of the two in the middle, so that it is a measured time. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

/** `SectorsStatus`, without the fields of a chain. */
export function sectorInfo(sector: Sector, log: readonly LogEntry[]): SectorInfo {
  const link = (cid: string | undefined) => (cid === undefined ? null : { '/': cid });
  const { update } = sector;
  const pieces = update?.sealed === undefined ? sector.pieces : update.pieces;
  const failures = Object.values(sector.failures).reduce((sum, count) => sum + count, 0);
  return {
    SectorID: sector.number,
    State: sector.state,
    CommD: link(update?.unsealed ?? sector.commD),
    CommR: link(update?.sealed ?? sector.commR),
    Proof: update?.proofBytes ?? sector.proofBytes ?? null,
    Deals: [0],
    Pieces: pieces.map(({ size, cid, source }) => ({
      Piece: { Size: size, PieceCID: link(cid) },
      DealInfo: source === undefined ? null : { KeepUnsealed: true },
    })),
    Ticket: { Value: sector.ticket?.value ?? null, Epoch: sector.ticket?.epoch ?? 0 },
    Seed: { Value: sector.seed?.value ?? null, Epoch: sector.seed?.epoch ?? 0 },
    PreCommitMsg: null,
    CommitMsg: null,
    Retries: failures,
    ToUpgrade: sector.state === 'Available' || sector.state.startsWith('SnapDeals'),
    ReplicaUpdateMessage: null,
    LastErr: sector.lastError ?? '',
    Log: log.map(({ at, kind, message }) => ({
      Kind: kind,
      Timestamp: Math.floor(at / 1000),
      Trace: '',
      Message: message,
    })),
    SealProof: sector.proof,
    Activation: 0,
    Expiration: 0,
    DealWeight: '0',
    VerifiedDealWeight: '0',
    InitialPledge: '0',
    OnTime: 0,
    Early: 0,
  };
}
