import type { Logger } from 'pino';
import { messageOf } from '../problem/problem.ts';
import { makeRpcClient, type RpcClient } from '../lotus/rpc-client.ts';
import { RpcError } from '../lotus/rpc-error.ts';
import {
  apiVersionText,
  workerApiVersion,
  zeroUuid,
  type WorkerInfo,
  type WorkerStats,
} from '../lotus/rpc-values.ts';
import type { WorkerApi } from '../lotus/worker-api.ts';

/** How often each worker is asked for its session, and how long it may take to answer. Source: storage/sealer/sched_worker.go. */
const pollIntervalMs = 10_000;
const pollTimeoutMs = 5_000;
const taskTypesTimeoutMs = 3_000;

/** One registered worker. */
export interface RegisteredWorker {
  /** The session it had when it registered: its identity. */
  readonly session: string;
  /** What it reported when it registered. */
  readonly info: WorkerInfo;
  /** False while its session cannot be had. */
  readonly enabled: boolean;
  /** Accepted task types by wire name; rejects when the worker does not answer. */
  readonly taskTypes: () => Promise<readonly string[]>;
}

/** The workers of the cluster: those that connected, and the miner's built-in one. */
export interface WorkerRegistry {
  /**
   * Dials a worker that asked to be registered, and keeps it. A worker that is known already stays as it is; one that runs anew at
   * the same URL takes the place of the old. Rejects when it does not answer as a worker does.
   */
  readonly connect: (url: string) => Promise<void>;
  /** Adds a worker that lives in this process. */
  readonly addLocal: (worker: RegisteredWorker) => void;
  readonly list: () => readonly RegisteredWorker[];
  /** Listing of the whole registry, by session; asks every worker for its task types at once. */
  readonly stats: () => Promise<Record<string, WorkerStats>>;
  readonly close: () => void;
}

export interface WorkerRegistryOptions {
  /** The token with which the miner calls a worker. */
  readonly issueToken: () => Promise<string>;
  readonly log: Logger;
  /** Milliseconds between two polls of one worker; tests make it short. */
  readonly pollIntervalMs?: number;
}

interface RemoteWorker extends RegisteredWorker {
  enabled: boolean;
  readonly url: string;
  readonly client: RpcClient<WorkerApi>;
}

/** A registry without workers; it polls each worker's session until closed. */
export function makeWorkerRegistry(options: WorkerRegistryOptions): WorkerRegistry {
  const { log } = options;
  const remote = new Map<string, RemoteWorker>();
  const local: RegisteredWorker[] = [];
  const dialled = new Map<string, Promise<void>>();
  const closing = new AbortController();
  const timer = setInterval(() => {
    for (const worker of remote.values()) void poll(worker);
  }, options.pollIntervalMs ?? pollIntervalMs);
  timer.unref();

  function drop(worker: RemoteWorker, reason: string): void {
    if (remote.get(worker.session) !== worker) return;
    remote.delete(worker.session);
    log.info({ session: worker.session, host: worker.info.Hostname, reason }, 'worker dropped');
  }

  async function poll(worker: RemoteWorker): Promise<void> {
    try {
      const session = await worker.client.call('Session', [], {
        timeoutMs: pollTimeoutMs,
        signal: closing.signal,
      });
      if (session === zeroUuid) return drop(worker, 'it closes');
      if (session !== worker.session) return drop(worker, 'it was restarted');
      if (!worker.enabled) log.info({ session, host: worker.info.Hostname }, 'worker enabled again');
      worker.enabled = true;
    } catch (error) {
      if (closing.signal.aborted) return;
      if (worker.enabled)
        log.warn(
          { session: worker.session, host: worker.info.Hostname, why: messageOf(error) },
          'worker disabled: it gives no session',
        );
      worker.enabled = false;
    }
  }

  async function dial(url: string): Promise<void> {
    const client = makeRpcClient<WorkerApi>({ url, token: await options.issueToken() });
    const call = { timeoutMs: pollTimeoutMs, signal: closing.signal };
    const version = await client.call('Version', [], call);
    if (version >> 8 !== workerApiVersion >> 8)
      throw new Error(
        `the worker speaks API version ${apiVersionText(version)}; this miner needs ${apiVersionText(workerApiVersion)}`,
      );
    const session = await client.call('Session', [], call);
    const before = [...remote.values()].filter((worker) => worker.url === url);
    if (session === zeroUuid) {
      for (const worker of before) drop(worker, 'it closes');
      throw new Error('the worker is closing');
    }
    const same = remote.get(session);
    if (same !== undefined) {
      same.enabled = true;
      return;
    }
    const info = await client.call('Info', [], call);
    const taskTypes = async () =>
      Object.keys(
        await client.call('TaskTypes', [], { timeoutMs: taskTypesTimeoutMs, signal: closing.signal }),
      );
    const tasks = await taskTypes();
    for (const worker of before) drop(worker, 'it was restarted');
    remote.set(session, { session, url, client, info, enabled: true, taskTypes });
    log.info({ session, url, host: info.Hostname, tasks: tasks.length }, 'worker registered');
  }

  /** One dial to a URL at a time: a worker that asks twice is met once. */
  function connect(url: string): Promise<void> {
    const dialling = dialled.get(url) ?? dial(url).finally(() => dialled.delete(url));
    dialled.set(url, dialling);
    return dialling;
  }

  return {
    connect,
    addLocal: (worker) => local.push(worker),
    list: () => [...local, ...remote.values()],
    async stats() {
      const workers = [...local, ...remote.values()];
      const all = await Promise.all(
        workers.map(async (worker) => [worker.session, await statsOf(worker)] as const),
      );
      return Object.fromEntries(all);
    },
    close() {
      closing.abort();
      clearInterval(timer);
    },
  };

  async function statsOf(worker: RegisteredWorker): Promise<WorkerStats> {
    const tasks = await worker.taskTypes().catch((error: unknown) => {
      // A worker that does not answer shows as one; anything else is a fault of ours.
      if (error instanceof RpcError) return null;
      throw error;
    });
    return {
      Info: worker.info,
      Tasks: tasks,
      Enabled: worker.enabled,
      MemUsedMin: 0,
      MemUsedMax: 0,
      GpuUsed: 0,
      CpuUse: 0,
      TaskCounts: {},
    };
  }
}
