import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import { makeRpcClient, type RpcClient } from '@sealctl/core/lotus/rpc-client';
import { RpcError } from '@sealctl/core/lotus/rpc-error';
import {
  apiVersionText,
  workerApiVersion,
  zeroUuid,
  type StoragePath,
  type WorkerInfo,
} from '@sealctl/core/lotus/rpc-values';
import type { WorkerApi, WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';

/** Interval at which each worker is asked for its session; the timeout is half of it. Source: docs/spec/lotus.md section 8.8. */
const pollIntervalMs = 10_000;
/** Number of polls in one lease, so that a responsive worker cannot lose its lease between two polls. */
const pollsInLease = 3;
const dialTimeoutMs = 5_000;
const taskTypesTimeoutMs = 3_000;

/** One registered worker. */
export interface RegisteredWorker {
  /** The worker's session at registration; it identifies the worker. */
  readonly session: string;
  /** URL of its API; empty for the miner's own worker. */
  readonly url: string;
  /** The worker's resources at registration. */
  readonly info: WorkerInfo;
  /** False while the worker's session cannot be read. */
  readonly enabled: boolean;
  /** True for workers that sealing tasks can be sent to. */
  readonly canSeal: boolean;
  /** Accepted task types by wire name, and storage paths, from its last report. */
  readonly tasks: readonly string[];
  readonly paths: readonly StoragePath[];
  /** Currently accepted task types; rejects when the worker does not respond. */
  readonly taskTypes: () => Promise<readonly string[]>;
}

/** Task methods of a worker, and our additional methods, to which a Lotus worker responds "method not found". */
export type TaskCalls = {
  [Name in WorkerTaskMethod]: { params: unknown[]; result: unknown };
} & Pick<WorkerApi, 'RunningCalls' | 'AbortCall'>;

/** The workers of the cluster: those that registered, and the built-in one. */
export interface WorkerRegistry {
  /**
   * Dials a worker that requested its registration, and registers it. A known worker does not change; a restarted worker replaces the
   * former one at the same URL. Rejects when the URL does not respond as a worker.
   */
  readonly connect: (url: string) => Promise<void>;
  /** Adds a worker that runs in this process. */
  readonly addLocal: (worker: RegisteredWorker) => void;
  readonly list: () => readonly RegisteredWorker[];
  /** A client for the worker at a URL; undefined when none is registered there. */
  readonly caller: (url: string) => RpcClient<TaskCalls> | undefined;
  /** Updates the task types and paths of the worker at a URL, and resolves with the types; rejects when the worker does not respond. */
  readonly refresh: (url: string) => Promise<readonly string[]>;
  /** Time of the last response of a worker at this URL, in milliseconds. */
  readonly heardAt: (url: string) => number | undefined;
  /** Calls `listener` whenever a worker is added, removed or changed; returns a function that ends this. */
  readonly onChange: (listener: () => void) => () => void;
  readonly close: () => void;
}

export interface WorkerRegistryOptions {
  /** The token with which the miner calls a worker. */
  readonly issueToken: () => Promise<string>;
  readonly log: Logger;
  /** Milliseconds without a response after which a worker counts as lost. A short lease makes polls more frequent. */
  readonly leaseMs?: number;
}

interface RemoteWorker extends RegisteredWorker {
  enabled: boolean;
  tasks: readonly string[];
  paths: readonly StoragePath[];
  readonly client: RpcClient<WorkerApi>;
  readonly taskClient: RpcClient<TaskCalls>;
}

/** Makes a registry without workers. It polls each worker's session until closed. */
export function makeWorkerRegistry(options: WorkerRegistryOptions): WorkerRegistry {
  const { log, leaseMs = Infinity } = options;
  const interval = Math.round(Math.min(pollIntervalMs, leaseMs / pollsInLease));
  const pollTimeoutMs = Math.round(interval / 2);
  const remote = new Map<string, RemoteWorker>();
  const local: RegisteredWorker[] = [];
  const dialed = new Map<string, Promise<void>>();
  const closing = new AbortController();
  const heard = new Map<string, number>();
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const timer = setInterval(() => {
    for (const worker of remote.values()) void poll(worker);
  }, interval);
  timer.unref();

  function drop(worker: RemoteWorker, reason: string): void {
    if (remote.get(worker.session) !== worker) return;
    remote.delete(worker.session);
    changed();
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
      heard.set(worker.url, Date.now());
      if (!worker.enabled) {
        log.info({ session, host: worker.info.Hostname }, 'worker enabled again');
        worker.enabled = true;
        changed();
      }
      await renew(worker);
    } catch (error) {
      if (closing.signal.aborted) return;
      // A worker that reports itself disabled still runs its tasks: `stop` lets it finish them this way.
      if (error instanceof RpcError && error.failure === 'answer') heard.set(worker.url, Date.now());
      if (!worker.enabled) return;
      log.warn(
        { session: worker.session, host: worker.info.Hostname, why: messageOf(error) },
        'worker disabled: it does not answer Session',
      );
      worker.enabled = false;
      changed();
    }
  }

  async function renew(worker: RemoteWorker): Promise<void> {
    const call = { timeoutMs: taskTypesTimeoutMs, signal: closing.signal };
    const [tasks, paths] = await Promise.all([
      worker.client.call('TaskTypes', [], call),
      worker.client.call('Paths', [], call),
    ]);
    const before = JSON.stringify([worker.tasks, worker.paths]);
    worker.tasks = Object.keys(tasks).sort();
    worker.paths = paths ?? [];
    if (JSON.stringify([worker.tasks, worker.paths]) !== before) changed();
  }

  async function dial(url: string): Promise<void> {
    const connection = { url, token: await options.issueToken() };
    const client = makeRpcClient<WorkerApi>(connection);
    const call = { timeoutMs: dialTimeoutMs, signal: closing.signal };
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
      heard.set(url, Date.now());
      changed();
      return;
    }
    const info = await client.call('Info', [], call);
    const taskTypes = async () =>
      Object.keys(
        await client.call('TaskTypes', [], { timeoutMs: taskTypesTimeoutMs, signal: closing.signal }),
      );
    const worker: RemoteWorker = {
      session,
      url,
      client,
      taskClient: makeRpcClient<TaskCalls>(connection),
      info,
      enabled: true,
      canSeal: true,
      tasks: [],
      paths: [],
      taskTypes,
    };
    await renew(worker);
    for (const old of before) drop(old, 'it was restarted');
    remote.set(session, worker);
    heard.set(url, Date.now());
    log.info({ session, url, host: info.Hostname, tasks: worker.tasks.length }, 'worker registered');
    changed();
  }

  /** Dials a URL once at a time: concurrent requests share one registration. */
  function connect(url: string): Promise<void> {
    const dialing = dialed.get(url) ?? dial(url).finally(() => dialed.delete(url));
    dialed.set(url, dialing);
    return dialing;
  }

  const at = (url: string): RemoteWorker | undefined =>
    [...remote.values()].find((worker) => worker.url === url);
  return {
    connect,
    addLocal: (worker) => local.push(worker),
    list: () => [...local, ...remote.values()],
    caller: (url) => at(url)?.taskClient,
    async refresh(url) {
      const worker = at(url);
      if (worker === undefined) throw new Error('the worker is not registered');
      await renew(worker);
      return worker.tasks;
    },
    heardAt: (url) => heard.get(url),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closing.abort();
      clearInterval(timer);
    },
  };
}
