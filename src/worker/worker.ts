import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ProblemError } from '../problem/problem.ts';
import { formatMultiaddr, remoteUrl, rpcUrl, type ApiInfo } from '../lotus/api-info.ts';
import type { MinerApi } from '../lotus/miner-api.ts';
import { isPermission } from '../lotus/permission.ts';
import { resourceEnvIssues, withRewrittenDcNames, type Environment } from '../lotus/resource-env.ts';
import { makeRpcClient } from '../lotus/rpc-client.ts';
import { taskNameOf, type TaskCode } from '../lotus/task-type.ts';
import { startHttpServer } from '../daemon/http-server.ts';
import { describeMachine } from '../daemon/machine/describe.ts';
import { serveRemoteStat } from '../daemon/remote-routes.ts';
import { apiFile, tokenFile, writeWhole } from '../daemon/repo-files.ts';
import { lockRepo } from '../daemon/repo-lock.ts';
import { makeLocalStorage } from '../daemon/storage/local-storage.ts';
import { makeRoomMeter } from '../daemon/storage/room.ts';
import { workerMethods, type WorkerState } from './api.ts';
import { advertisedHost, isEveryAddress, type HostPort } from './listen-address.ts';
import { keepMembership, meetMiner, sayGoodbye, type MembershipOptions } from './miner-link.ts';
import { checkOpenFiles } from './open-files.ts';
import { remoteIndex } from './remote-index.ts';
import { initWorkerRepo } from './repo.ts';
import { makeTokenCheck } from './token-check.ts';

export interface WorkerOptions {
  readonly repo: string;
  readonly env: Environment;
  /** The miner, with a token that permits admin. */
  readonly miner: ApiInfo & { readonly token: string };
  readonly listen: HostPort;
  /** Where the miner reaches this worker when it is not where it listens. */
  readonly advertise?: HostPort;
  /** What the worker is called in listings. */
  readonly name: string;
  readonly tasks: readonly TaskCode[];
  readonly noLocalStorage: boolean;
  readonly noSwap: boolean;
  readonly gpuProving: boolean;
  /** Limit of the connection that finds this host's address. */
  readonly dialTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly log: Logger;
}

/** A registered worker. */
export interface RunningWorker {
  /** Settles when it was asked over RPC to stop, or rejects when it can go on no longer. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** How long a Lotus miner may take to notice that the worker closes; ours is told. Source: cli/worker/worker.go. */
const lotusLingerMs = 20_000;
const goodbyeTimeoutMs = 2_000;

/**
 * Starts a worker: checks the machine, waits for the miner, opens repo and storage, serves, and registers. Rejects with problems, or
 * with the reason of `stopping` when that aborts first.
 */
export async function startWorker(options: WorkerOptions, stopping: AbortSignal): Promise<RunningWorker> {
  const { repo, log, miner } = options;
  await checkOpenFiles(options.env);
  const env = checkedEnvironment(options.env, log);
  await mkdir(tmpdir(), { recursive: true, mode: 0o755 });
  await initWorkerRepo(repo, { noLocalStorage: options.noLocalStorage, id: randomUUID() });
  const lock = await lockRepo(repo);
  const undo: (() => unknown)[] = [lock.release];
  const closing = new AbortController();
  undo.push(() => closing.abort());
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const client = makeRpcClient<MinerApi>({ url: rpcUrl(miner.address), token: miner.token });
    const signal = AbortSignal.any([closing.signal, stopping]);
    const facts = await meetMiner(client, miner.token, signal, log);
    log.info(
      { actor: facts.actor, sectorBytes: facts.sectorBytes, version: facts.version.Version },
      'met the miner',
    );

    const host =
      options.advertise?.host ??
      (await advertisedHost(options.listen.host, miner.address, options.dialTimeoutMs));
    let port = options.advertise?.port ?? options.listen.port;
    const storage = makeLocalStorage({
      repo,
      url: () => remoteUrl({ host, port }),
      index: remoteIndex(client),
      room: makeRoomMeter(Date.now),
      log,
    });
    undo.push(storage.close);

    const state: WorkerState = {
      session: randomUUID(),
      tasks: new Set(options.tasks.map(taskNameOf)),
      enabled: true,
      closing: false,
    };
    const { promise: ended, resolve: end, reject: breakDown } = settleable();
    void lock.lost.then(() => breakDown(new Error(`lost the lock of ${repo}`)));
    const farewell = settleable();
    const server = await startHttpServer({
      listen: options.listen,
      methods: workerMethods({
        state,
        storage,
        describe: () =>
          describeMachine(
            {
              hostname: options.name,
              noSwap: options.noSwap,
              gpuProving: options.gpuProving,
              ignoreResources: false,
              env,
            },
            log,
          ),
        shutdown: end,
        onFarewell: farewell.resolve,
      }),
      authenticate: makeTokenCheck({
        verify: async (token) => (await client.call('AuthVerify', [token])).filter(isPermission),
        own: { token: miner.token, permissions: facts.permissions },
        now: Date.now,
      }),
      headersTimeoutMs: options.headersTimeoutMs,
      routes: (app, admit) => serveRemoteStat(app, admit, storage.stat),
    });
    undo.push(server.close);
    if (port === 0) port = server.port;

    await storage.open();
    await writeWhole(
      join(repo, apiFile),
      formatMultiaddr({ host: localHost(options, host), port: server.port }),
      0o644,
    );
    undo.push(() => rm(join(repo, apiFile), { force: true }));
    await writeWhole(join(repo, tokenFile), miner.token, 0o600);

    const url = rpcUrl({ host, port, tls: false, path: '' });
    const membership: MembershipOptions = {
      client,
      url,
      redeclare: () => storage.redeclare(null, false),
      log,
    };
    const { joined, watched } = keepMembership(membership, signal);
    watched.catch(breakDown);
    await joined;
    undo.push(async () => {
      const asked = state.closing;
      state.closing = true;
      if (facts.version.Agent === 'seal-miner') await sayGoodbye(membership, goodbyeTimeoutMs);
      else if (asked) await Promise.race([farewell.promise, after(lotusLingerMs)]);
    });
    return { ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The environment as the resource table reads it. Rejects values that Lotus would take for 0; warns of names it would ignore. */
function checkedEnvironment(env: Environment, log: Logger): Environment {
  const issues = resourceEnvIssues(env);
  const bad = issues.filter((issue) => issue.kind === 'bad-value');
  if (bad.length > 0)
    throw new ProblemError(
      bad.map(({ variable, value, reason, fix }) => ({
        code: 'bad-environment',
        severity: 'error',
        summary: `${variable}='${value}'`,
        why: reason,
        fix,
      })),
    );
  for (const { variable, reason, fix } of issues)
    log.warn({ variable, reason, fix }, 'variable without effect');
  const { env: rewritten, rewritten: names } = withRewrittenDcNames(env);
  for (const name of names)
    log.warn({ variable: name }, 'DC has no sector size; the variable counts for every size');
  return rewritten;
}

/** What local commands dial: the listen host; where that is every address, the one found, or loopback behind NAT. */
function localHost({ listen, advertise }: WorkerOptions, found: string): string {
  if (!isEveryAddress(listen.host)) return listen.host;
  return advertise === undefined ? found : '127.0.0.1';
}

function settleable(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
} {
  let resolve = (): void => {};
  let reject = (_error: unknown): void => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Whoever waits hears of a rejection; nobody may wait yet.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
