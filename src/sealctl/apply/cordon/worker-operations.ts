import type { WorkerOperation } from '../../host/operations/operation.ts';
import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import { zeroUuid, type WorkerJob } from '@sealctl/core/lotus/rpc-values';
import { taskPhaseOf } from '@sealctl/core/lotus/run-wait';
import { taskByName } from '@sealctl/core/lotus/task-type';
import type { WorkerApi, WorkerFetchApi } from '@sealctl/core/lotus/worker-api';
import { readUsualTimes, type UsualTimes } from '../../observe/usual-times.ts';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import { durationText } from '@sealctl/core/text/units';
import type { StepContext } from '../executor/ports.ts';
import type { Clock } from '@sealctl/core/async/clock';
import { pollUntil } from '@sealctl/core/async/poll';

/** One worker and its miner, over RPC. */
export interface WorkerLink {
  readonly host: string;
  /** The worker's name in the miner's listing. */
  readonly label: string;
  readonly worker: RpcClient<WorkerApi & WorkerFetchApi>;
  readonly miner: RpcClient<MinerApi>;
  readonly actor: string;
  readonly clock: Clock;
}

/** How often the miner is asked while something is awaited. */
const pollMs = 500;

/** Carries out one operation on a worker. */
export async function runWorkerOperation(
  operation: WorkerOperation,
  link: WorkerLink,
  context: StepContext,
): Promise<void> {
  switch (operation.do) {
    case 'cordon':
      return cordon(link, context);
    case 'drain':
      return drainTasks(operation.timeoutMs, link, context);
    case 'set-tasks':
      for (const task of operation.enable) await link.worker.call('TaskEnable', [task], context);
      for (const task of operation.disable) await link.worker.call('TaskDisable', [task], context);
      return;
    case 'redeclare':
      await link.worker.call('StorageRedeclareLocal', [operation.storageId, true], context);
      return;
    case 'attach':
      if (!(await hasPath(operation.path, link, context)))
        await link.worker.call('StorageAddLocal', [operation.path], context);
      return;
    case 'detach':
      if (await hasPath(operation.path, link, context))
        await link.worker.call('StorageDetachLocal', [operation.path], context);
      return;
    case 'await-registered':
      return awaitRegistered(operation, link, context);
    case 'await-miner':
      return awaitMiner(operation.timeoutMs, link, context);
  }
}

async function hasPath(path: string, { worker }: WorkerLink, context: StepContext): Promise<boolean> {
  const paths = await worker.call('Paths', [], context);
  return (paths ?? []).some(({ LocalPath }) => LocalPath === path);
}

/** Jobs the miner lists for a worker: those of its sessions, and results that wait under nobody's session with its name. */
export async function jobsOf(
  link: Pick<WorkerLink, 'miner' | 'label'>,
  signal: AbortSignal,
): Promise<WorkerJob[]> {
  const [stats, jobs] = await Promise.all([
    link.miner.call('WorkerStats', [], { signal }),
    link.miner.call('WorkerJobs', [], { signal }),
  ]);
  const sessions = Object.entries(stats)
    .filter(([, worker]) => worker.Info.Hostname === link.label)
    .map(([session]) => session);
  const own = sessions.flatMap((session) => jobs?.[session] ?? []);
  const undelivered = (jobs?.[zeroUuid] ?? []).filter((job) => job.Hostname === link.label);
  return [...own, ...undelivered];
}

/** `PC1 of sector 4 running (usually 40s), C2 of sector 2 assigned`. */
export function jobsInWords(jobs: readonly WorkerJob[], usual: UsualTimes = new Map()): string {
  return jobs
    .map((job) => {
      const name = `${taskByName(job.Task)?.code ?? job.Task} of sector ${job.Sector.Number}`;
      const usualMs = job.RunWait === 0 ? usual.get(job.Task) : undefined;
      const hint = usualMs === undefined ? '' : ` (usually ${durationText(usualMs)})`;
      return `${name} ${stateOf(job.RunWait)}${hint}`;
    })
    .join(', ');
}

/** Cordons a worker: disables every task type that can be disabled. */
export async function cordon(link: WorkerLink, context: StepContext): Promise<void> {
  let accepted: Record<string, unknown>;
  try {
    accepted = await link.worker.call('TaskTypes', [], context);
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    return cordonUnreachable(link, messageOf(thrown), context);
  }
  const toggled = Object.keys(accepted).filter((name) => taskByName(name)?.toggle === true);
  for (const name of toggled) await link.worker.call('TaskDisable', [name], context);
}

/** Checks that the miner has disabled a worker that does not answer, so that it gets no new tasks. */
async function cordonUnreachable(link: WorkerLink, why: string, context: StepContext): Promise<void> {
  const stats = await link.miner.call('WorkerStats', [], context);
  const enabled = Object.values(stats).some(
    (worker) => worker.Info.Hostname === link.label && worker.Enabled,
  );
  if (!enabled) return context.progress('the worker does not answer, and the miner sends it no tasks');
  throw fail({
    code: 'worker-unreachable',
    summary: `${link.label} does not answer, but the miner still sends it tasks`,
    where: { in: 'host', host: link.host },
    why,
    fix: `read the worker's log; once the miner lists it as disabled, run sealctl apply again`,
  });
}

/** Waits until the miner lists no task for the worker, or `ended` says that there is nothing left to wait for. */
export async function drainTasks(
  timeoutMs: number,
  link: WorkerLink,
  context: StepContext,
  ended: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<void> {
  let idleBefore = false;
  const usual = await readUsualTimes(link.miner, context);
  await pollUntil(
    {
      what: `waiting for the tasks of ${link.label}`,
      host: link.host,
      timeoutMs,
      everyMs: pollMs,
      signal: context.signal,
      clock: link.clock,
      progress: context.progress,
      fix: 'the worker stays cordoned: run sealctl apply again later, or raise drainTimeout',
    },
    async () => {
      if (await ended()) return undefined;
      const jobs = await jobsOf(link, context.signal);
      if (jobs.length > 0) {
        idleBefore = false;
        return jobsInWords(jobs, usual);
      }
      // The miner may have handed out a task in the very moment the worker was cordoned: idle counts when seen twice.
      if (idleBefore) return undefined;
      idleBefore = true;
      return 'no task is listed; checking once more';
    },
  );
}

async function awaitRegistered(
  operation: Extract<WorkerOperation, { do: 'await-registered' }>,
  link: WorkerLink,
  context: StepContext,
): Promise<void> {
  await pollUntil(
    {
      what: `waiting for ${link.label} to register with the miner`,
      host: link.host,
      timeoutMs: operation.timeoutMs,
      everyMs: pollMs,
      signal: context.signal,
      clock: link.clock,
      progress: context.progress,
      fix: `read the worker's log on ${link.host}; sealctl status shows what it and the miner say`,
    },
    () => missingForRegistration(operation, link, context),
  );
}

async function missingForRegistration(
  operation: Extract<WorkerOperation, { do: 'await-registered' }>,
  link: WorkerLink,
  context: StepContext,
): Promise<string | undefined> {
  try {
    const session = await link.worker.call('ProcessSession', [], { ...context, timeoutMs: 5000 });
    const stats = await link.miner.call('WorkerStats', [], context);
    const listed = stats[session];
    if (listed === undefined) return 'the worker answers; the miner does not list it yet';
    if (!listed.Enabled) return 'the miner lists it as disabled';
    const missing = operation.tasks.filter((task) => listed.Tasks?.includes(task) !== true);
    const extra = (listed.Tasks ?? []).filter((task) => !operation.tasks.includes(task));
    if (missing.length > 0) return `the worker does not accept ${codes(missing)} yet`;
    if (extra.length > 0) return `the worker still accepts ${codes(extra)}`;
    const paths = (await link.worker.call('Paths', [], context)) ?? [];
    const closed = operation.storagePaths.filter(
      (path) => !paths.some(({ LocalPath }) => LocalPath === path),
    );
    return closed.length === 0 ? undefined : `the worker has not opened ${closed.join(', ')} yet`;
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    return messageOf(thrown);
  }
}

async function awaitMiner(timeoutMs: number, link: WorkerLink, context: StepContext): Promise<void> {
  await pollUntil(
    {
      what: 'waiting for the miner',
      host: link.host,
      timeoutMs,
      everyMs: pollMs,
      signal: context.signal,
      clock: link.clock,
      progress: context.progress,
      fix: `read the miner's log on ${link.host}`,
    },
    async () => {
      let actor: string;
      try {
        actor = await link.miner.call('ActorAddress', [], { ...context, timeoutMs: 5000 });
      } catch (thrown) {
        if (context.signal.aborted) throw thrown;
        return messageOf(thrown);
      }
      if (actor.slice(1) === link.actor.slice(1)) return undefined;
      throw fail({
        code: 'other-actor',
        summary: `the miner on ${link.host} is ${actor}, not ${link.actor}`,
        where: { in: 'host', host: link.host },
        why: 'its repo was initialized for another storage provider',
        fix: 'correct `actor` in cluster.yaml, or give miner.repo a directory of its own',
      });
    },
  );
}

function stateOf(runWait: number): string {
  const phase = taskPhaseOf(runWait);
  return phase === 'undelivered' ? 'finished, result not delivered yet' : phase;
}

function codes(names: readonly string[]): string {
  return names.map((name) => taskByName(name)?.code ?? name).join(' ');
}
