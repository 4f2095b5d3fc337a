import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { formatMultiaddr, remoteUrl, rpcUrl, type ApiInfo } from '@sealctl/core/lotus/api-info';
import type { MinerApi, MinerReturnApi } from '@sealctl/core/lotus/miner-api';
import { isPermission } from '@sealctl/core/lotus/permission';
import type { Environment } from '@sealctl/core/lotus/resource-env';
import { makeRpcClient } from '@sealctl/core/lotus/rpc-client';
import { taskNameOf, type TaskCode } from '@sealctl/core/lotus/task-type';
import { startHttpServer, type HttpServer } from '../base/http-server.ts';
import { loggedMethods } from '../base/rpc/logged-methods.ts';
import { describeMachine } from '../base/machine/describe.ts';
import { readGpus } from '../base/machine/gpus.ts';
import { ownCpus } from '../base/machine/own-cpus.ts';
import { serveRemoteStat } from '../base/remote-routes.ts';
import { makePushStreams } from '../base/rpc/push-streams.ts';
import { makeSectorFiles } from '../base/transfer/sector-files.ts';
import { serveSectors } from '../base/transfer/serve-sectors.ts';
import { apiFile, datastoreDirectory, tokenFile } from '@sealctl/core/lotus/repo-layout';
import { writeWhole } from '../base/repo-files.ts';
import { lockRepo } from '../base/repo-lock.ts';
import { makeLocalStorage } from '../base/storage/local-storage.ts';
import { makeFreeSpaceMeter } from '../base/storage/free-space.ts';
import { makeCallJournal } from './calls/journal.ts';
import { makeCalls } from './calls/calls.ts';
import { makeComputeJobRunner } from './compute/run-job.ts';
import type { Allotment } from './compute/allocations.ts';
import { makeWorkerMetrics, serveMetrics, type WorkerMetrics } from './metrics.ts';
import type { TaskSettings } from './tasks/task-deps.ts';
import { workerMethods, type WorkerParts, type WorkerState } from './api.ts';
import { checkedEnvironment } from './environment.ts';
import { advertisedHost, isEveryAddress, type HostPort } from './listen-address.ts';
import {
  maintainRegistration,
  handshake,
  retryUntilReachable,
  deregister,
  type RegistrationOptions,
} from './miner-link.ts';
import { checkOpenFiles } from './open-files.ts';
import { readCallStatus } from './call-status.ts';
import { clearLeftovers } from './leftovers.ts';
import { patientIndex, remoteIndex } from './remote-index.ts';
import { initWorkerRepo } from './repo.ts';
import { deferred, type Deferred } from '@sealctl/core/async/deferred';
import { makeTokenCheck } from './token-check.ts';

export interface WorkerOptions {
  readonly repo: string;
  readonly env: Environment;
  /** The miner, with a token that permits admin. */
  readonly miner: ApiInfo & { readonly token: string };
  readonly listen: HostPort;
  /** The address at which the miner reaches this worker, if it differs from the listen address. */
  readonly advertise?: HostPort;
  /** Name of the worker in listings. */
  readonly name: string;
  readonly tasks: readonly TaskCode[];
  readonly noLocalStorage: boolean;
  readonly noSwap: boolean;
  readonly gpuProving: boolean;
  /** Maximum number of concurrent fetches of sector files; 0 for no limit. */
  readonly parallelFetchLimit: number;
  /** Bytes per second of all fetches together; 0 for no limit. */
  readonly fetchBytesPerSecond: number;
  /** Commands that replace a step of our kernels. */
  readonly external: Pick<TaskSettings, 'externalPrecommit2' | 'externalCommit2' | 'externalUpdate2'>;
  /** This program's executable and the arguments before a command: each task is computed in its own process. */
  readonly program: readonly [string, ...string[]];
  /** Timeout of the connection that determines this host's address. */
  readonly dialTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** Version of the program, for metrics. */
  readonly version: string;
  /** The commit it was built from. */
  readonly revision: string;
  readonly log: Logger;
}

/** A registered worker. */
export interface RunningWorker {
  /** Settles when an RPC call stops the worker; rejects when it cannot continue. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Time that a Lotus miner needs to notice that the worker closes; seal-miner is notified. Source: docs/spec/lotus.md section 8.8. */
const lotusLingerMs = 20_000;
const deregisterTimeoutMs = 2_000;
/** Time during which a stopping worker still delivers results; the next process delivers the rest. */
const deliveryGraceMs = 10_000;

/**
 * Starts a worker: checks the machine, creates and locks the repo, waits for the miner, serves, opens storage, and registers. Rejects with
 * problems, or with the reason of `stopping` when that aborts first; completed steps are then undone.
 */
export async function startWorker(options: WorkerOptions, stopping: AbortSignal): Promise<RunningWorker> {
  const { repo, log } = options;
  await checkOpenFiles(options.env);
  const env = checkedEnvironment(options.env, log);
  await initWorkerRepo(repo, { noLocalStorage: options.noLocalStorage, id: randomUUID() });
  // The directory may be inside the repo, which is created with another mode.
  await mkdir(tmpdir(), { recursive: true, mode: 0o755 });
  const lock = await lockRepo(repo);
  const ended = deferred();
  void lock.lost.then(() => ended.reject(new Error(`lost the lock on the repo ${repo}`)));
  const undo: Undo = [lock.release];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    await becomeMember({ ...options, env }, undo, ended, stopping);
    return { ended: ended.promise, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Functions that undo the completed steps, in the order of the steps. */
type Undo = (() => unknown)[];

async function becomeMember(
  options: WorkerOptions,
  undo: Undo,
  ended: Deferred,
  stopping: AbortSignal,
): Promise<void> {
  const { repo, log, miner, listen, advertise } = options;
  const client = makeRpcClient<MinerApi & MinerReturnApi>({ url: rpcUrl(miner.address), token: miner.token });
  const closing = new AbortController();
  undo.push(() => closing.abort());
  const signal = AbortSignal.any([closing.signal, stopping]);
  const facts = await handshake(client, miner.token, signal, log);
  log.info(
    { actor: facts.actor, sectorBytes: facts.sectorBytes, version: facts.version.Version },
    'connected to the miner',
  );

  const host = advertise?.host ?? (await advertisedHost(listen.host, miner.address, options.dialTimeoutMs));
  // With listen port 0 the port is known only once the server listens.
  let port = advertise?.port ?? listen.port;
  const index = remoteIndex(client);
  const storage = makeLocalStorage({
    repo,
    url: () => remoteUrl({ host, port }),
    index,
    freeSpace: makeFreeSpaceMeter(Date.now),
    log,
  });
  undo.push(storage.close);
  const state: WorkerState = {
    session: randomUUID(),
    tasks: new Set(options.tasks.map(taskNameOf)),
    enabled: true,
    closing: false,
  };
  const metrics = makeWorkerMetrics({
    program: 'seal-worker',
    version: options.version,
    revision: options.revision,
  });
  const journal = makeCallJournal(join(repo, datastoreDirectory, 'calls'), log);
  const calls = makeCalls({
    journal,
    client,
    name: options.name,
    now: () => new Date(),
    log,
  });
  metrics.watch(calls);
  undo.push(calls.close);
  const ending = new AbortController();
  undo.push(() => ending.abort(new Error('the worker is stopping')));
  const taskIndex = patientIndex(index, ending.signal, log);
  const files = makeSectorFiles({
    storage,
    index: taskIndex,
    token: miner.token,
    fetchLimit: options.parallelFetchLimit,
    fetchBytesPerSecond: options.fetchBytesPerSecond,
    log,
    onReceived: metrics.onReceived,
  });
  const jobEnv = { ...options.env, ...(options.gpuProving ? {} : { BELLMAN_NO_GPU: '1' }) };
  const deps = {
    files,
    storage,
    index: taskIndex,
    jobs: makeComputeJobRunner({
      program: options.program,
      env: jobEnv,
      allotment: await allotmentOf(options),
      log,
    }),
    settings: { env: options.env, gpuProving: options.gpuProving, ...options.external },
    callStatus: readCallStatus(client, facts.version.Agent, calls, ending.signal, log),
    log,
  };
  const pushes = makePushStreams();
  const farewell = deferred();
  const describe = () => describeMachine({ ...options, hostname: options.name, ignoreResources: false }, log);
  const parts = {
    state,
    storage,
    calls,
    deps,
    pushes,
    describe,
    shutdown: ended.resolve,
    onFarewell: farewell.resolve,
  };
  const authenticate = makeTokenCheck({
    verify: async (token) => (await client.call('AuthVerify', [token])).filter(isPermission),
    own: { token: miner.token, permissions: facts.permissions },
    now: Date.now,
  });
  const server = await serve(options, parts, authenticate, metrics);
  undo.push(server.close);
  if (port === 0) port = server.port;

  await retryUntilReachable(storage.open, signal, log);
  const callStatus = readCallStatus(client, facts.version.Agent, calls, signal, log);
  await clearLeftovers({ storage, records: await journal.read(), callStatus, log });
  await calls.recover();
  const local = { host: localHost(options, host), port: server.port };
  await writeWhole(apiFile(repo), formatMultiaddr(local), 0o644);
  undo.push(() => rm(apiFile(repo), { force: true }));
  await writeWhole(tokenFile(repo), miner.token, 0o600);

  const url = rpcUrl({ host, port, tls: false, path: '' });
  const registration: RegistrationOptions = {
    client,
    url,
    redeclare: () => storage.redeclare(null, false),
    log,
  };
  const { registered, watched } = maintainRegistration(registration, signal);
  watched.catch(ended.reject);
  await registered;
  undo.push(async () => {
    const asked = state.closing;
    state.closing = true;
    if (asked) await calls.delivered(deliveryGraceMs);
    if (facts.version.Agent === 'seal-miner') await deregister(registration, deregisterTimeoutMs);
    else if (asked) await Promise.race([farewell.promise, after(lotusLingerMs)]);
  });
}

function serve(
  { listen, headersTimeoutMs, log }: WorkerOptions,
  parts: WorkerParts,
  authenticate: ReturnType<typeof makeTokenCheck>,
  metrics: WorkerMetrics,
): Promise<HttpServer> {
  return startHttpServer({
    listen,
    methods: loggedMethods(workerMethods(parts), log),
    authenticate,
    headersTimeoutMs,
    routes: (app, admit) => {
      serveRemoteStat(app, admit, parts.storage.stat);
      serveSectors(app, admit, { storage: parts.storage, log, onSent: metrics.onSent });
      serveMetrics(app, admit, metrics);
      parts.pushes.serve(app);
    },
  });
}

/** The host that local commands dial: the listen host; for a wildcard the advertised host, or loopback behind NAT. */
function localHost({ listen, advertise }: WorkerOptions, found: string): string {
  if (!isEveryAddress(listen.host)) return listen.host;
  return advertise === undefined ? found : '127.0.0.1';
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}

/** The CPUs and GPUs for this worker's tasks. GPUs have names that do not depend on the environment. */
async function allotmentOf({ env, gpuProving }: WorkerOptions): Promise<Allotment> {
  const [cpus, { gpus }] = await Promise.all([ownCpus(), gpuProving ? readGpus(env) : { gpus: [] }]);
  return { cpus, gpus: gpus.map(({ uuid }) => uuid) };
}
