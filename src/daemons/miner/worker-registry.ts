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

/** Interval at which each worker is asked for its session; its time limit is half of that. Source: docs/spec/lotus.md section 8.8. */
const pollIntervalMs = 10_000;
/** A worker that answers must not lose its lease between two polls: this many fit into one. */
const pollsInLease = 3;
const dialTimeoutMs = 5_000;
const taskTypesTimeoutMs = 3_000;

/** One registered worker. */
export interface RegisteredWorker {
  /** The session it had when it registered: its identity. */
  readonly session: string;
  /** URL of its API; empty for the miner's own worker. */
  readonly url: string;
  /** Its resources at registration. */
  readonly info: WorkerInfo;
  /** False while its session cannot be had. */
  readonly enabled: boolean;
  /** True for workers that sealing tasks can be sent to. */
  readonly canSeal: boolean;
  /** Accepted task types by wire name, and storage paths, from its last report. */
  readonly tasks: readonly string[];
  readonly paths: readonly StoragePath[];
  /** Accepted task types now; rejects when the worker does not answer. */
  readonly taskTypes: () => Promise<readonly string[]>;
}

/** Task methods of a worker, and ours about them, which a worker of Lotus answers with "method not found". */
export type TaskCalls = {
  [Name in WorkerTaskMethod]: { params: unknown[]; result: unknown };
} & Pick<WorkerApi, 'RunningCalls' | 'AbortCall'>;

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
  /** Calls tasks of the worker at a URL; undefined when none is registered there. */
  readonly caller: (url: string) => RpcClient<TaskCalls> | undefined;
  /** Asks the worker at a URL for its task types and paths, and answers the types; rejects when it does not answer. */
  readonly refresh: (url: string) => Promise<readonly string[]>;
  /** When a worker at this URL last gave a sign of life, in milliseconds. */
  readonly heardAt: (url: string) => number | undefined;
  /** Calls back whenever a worker came, went or changed; the answer ends that. */
  readonly onChange: (listener: () => void) => () => void;
  readonly close: () => void;
}

export interface WorkerRegistryOptions {
  /** The token with which the miner calls a worker. */
  readonly issueToken: () => Promise<string>;
  readonly log: Logger;
  /** Milliseconds of silence after which a worker counts as lost: where that is short, polls are more frequent. */
  readonly leaseMs?: number;
}

interface RemoteWorker extends RegisteredWorker {
  enabled: boolean;
  tasks: readonly string[];
  paths: readonly StoragePath[];
  readonly client: RpcClient<WorkerApi>;
  readonly taskClient: RpcClient<TaskCalls>;
}

/** A registry without workers; it polls each worker's session until closed. */
export function makeWorkerRegistry(options: WorkerRegistryOptions): WorkerRegistry {
  const { log, leaseMs = Infinity } = options;
  const interval = Math.round(Math.min(pollIntervalMs, leaseMs / pollsInLease));
  const pollTimeoutMs = Math.round(interval / 2);
  const remote = new Map<string, RemoteWorker>();
  const local: RegisteredWorker[] = [];
  const dialled = new Map<string, Promise<void>>();
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
      // A worker that reports itself disabled is alive and continues its tasks: `stop` lets it finish them this way.
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

  /** One dial to a URL at a time: a worker that asks twice is met once. */
  function connect(url: string): Promise<void> {
    const dialling = dialled.get(url) ?? dial(url).finally(() => dialled.delete(url));
    dialled.set(url, dialling);
    return dialling;
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
