import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { formatMultiaddr, parseHostPort, parseMultiaddr, remoteUrl } from '@sealctl/core/lotus/api-info';
import { messageOf } from '@sealctl/core/problem/problem';
import { parseGoDuration } from '@sealctl/core/lotus/go-value';
import type { Environment } from '@sealctl/core/lotus/resource-env';
import { impliedTasks } from '@sealctl/core/lotus/task-type';
import { startHttpServer } from '../base/http-server.ts';
import { loggedMethods } from '../base/rpc/logged-methods.ts';
import { describeMachine } from '../base/machine/describe.ts';
import { serveRemoteStat } from '../base/remote-routes.ts';
import { apiFile } from '@sealctl/core/lotus/repo-layout';
import { readIfThere, writeWhole } from '../base/repo-files.ts';
import { lockRepo } from '../base/repo-lock.ts';
import { makeLocalStorage } from '../base/storage/local-storage.ts';
import { makeFreeSpaceMeter } from '../base/storage/free-space.ts';
import { serveSectors } from '../base/transfer/serve-sectors.ts';
import type { StorageIndexClient as AsyncStorageIndex } from '../base/storage/storage-index.ts';
import { minerMethods } from './api.ts';
import { builtInTasks, builtInWorker } from './built-in-worker.ts';
import type { MinerConfig } from './config/keys.ts';
import { loadConfig } from './config/load.ts';
import { fetchStat } from './remote-stat.ts';
import { configFile, readIdentity } from './repo.ts';
import { deleteFiles } from './delete-files.ts';
import { makePieceSpool } from './piece-spool.ts';
import { localChain, type Chain } from './pipeline/chain.ts';
import { neededSources } from './pipeline/sector.ts';
import { makeSealingMetrics } from './sealing/metrics.ts';
import { sealingMethods } from './sealing/methods.ts';
import { startSealing } from './sealing/sealing.ts';
import { makeStorageIndex, type StorageIndex } from './storage-index.ts';
import { openDatabase } from './store/database.ts';
import { makeIndexStore } from './store/index-store.ts';
import { makeSealingStore, newSecret, type SealingStore } from './store/sealing-store.ts';
import { openTokens } from './tokens.ts';
import { makeWorkerRegistry } from './worker-registry.ts';

/** Database of sectors, jobs and the storage index, in the repo. */
const databaseFile = 'datastore/sealing.sqlite';

export interface MinerOptions {
  readonly repo: string;
  /** Version of the program, as `Version` returns it. */
  readonly version: string;
  /** The commit it was built from. */
  readonly revision: string;
  readonly env: Environment;
  /** False: no proof of the built-in worker uses a GPU. */
  readonly gpuProving: boolean;
  /** `--miner-api PORT`: listen on 127.0.0.1:PORT whatever config.toml says. */
  readonly apiPort?: number;
  readonly log: Logger;
}

/** A running miner. */
export interface RunningMiner {
  /** Settles when an RPC call stops the miner; rejects when it cannot continue. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts the miner on an initialized repo; rejects when it cannot serve. */
export async function startMiner(options: MinerOptions): Promise<RunningMiner> {
  const { repo, log } = options;
  const identity = await readIdentity(repo);
  const lock = await lockRepo(repo);
  const undo: (() => unknown)[] = [lock.release];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const file = join(repo, configFile);
    const { config, warnings } = loadConfig((await readIfThere(file)) ?? '', file, options.env);
    for (const warning of warnings) log.warn(warning);
    const tokens = await openTokens(repo);
    const listen =
      options.apiPort === undefined
        ? parseMultiaddr(config.API.ListenAddress)
        : { host: '127.0.0.1', port: options.apiPort };
    const remoteListen = parseHostPort(config.API.RemoteListenAddress);
    const adminToken = await tokens.issue(['admin']);
    const database = openDatabase(join(repo, databaseFile));
    undo.push(() => database.close());
    const store = makeSealingStore(database);
    let nudge = (): void => undefined;
    const index = makeStorageIndex(
      Date.now,
      (message) => log.warn(message),
      makeIndexStore(database),
      () => nudge(),
    );
    const registry = makeWorkerRegistry({
      issueToken: () => tokens.issue(['admin']),
      leaseMs: parseGoDuration(config.Scheduler.WorkerLease),
      log,
    });
    undo.push(registry.close);
    const storage = makeLocalStorage({
      repo,
      url: () => remoteUrl(remoteListen),
      index: inProcess(index),
      freeSpace: makeFreeSpaceMeter(Date.now),
      log,
    });
    undo.push(storage.close);
    const info = await describeMachine(
      {
        hostname: config.Storage.LocalWorkerName || hostname(),
        noSwap: false,
        gpuProving: options.gpuProving,
        ignoreResources: config.Storage.ResourceFiltering === 'disabled',
        env: options.env,
      },
      log,
    );
    registry.addLocal(builtInWorker(randomUUID(), info, config.Storage));
    if (builtInTasks(config.Storage).length > impliedTasks.length)
      log.info(
        'the built-in worker does not seal in this release: run seal-worker for that, also on this host',
      );
    await storage.open();
    const miner = Number(identity.actor.slice(2));
    const metrics = makeSealingMetrics({ program: 'seal-miner', ...options });
    const spool = makePieceSpool(join(repo, 'pieces'), randomUUID);
    const sealing = startSealing({
      store,
      registry,
      index,
      chain: chainOf(config, store, miner),
      miner,
      sectorSize: identity.sectorSize,
      config,
      pieceUrl: (source) => remoteUrl(remoteListen).replace(/remote$/, `pieces/${source}`),
      deleteFiles: (sector, files) => deleteFiles(index, sector, files, adminToken),
      dropPiece: (source) => {
        spool.drop(source).catch((error: unknown) => {
          log.warn(
            { piece: source, why: messageOf(error) },
            'cannot remove a piece that is no longer needed',
          );
        });
      },
      metrics,
      now: Date.now,
      log,
    });
    undo.push(sealing.close);
    await spool.tidy(new Set(sealing.sectors().flatMap(neededSources)));
    nudge = sealing.nudge;

    let shutdown = (): void => {};
    const ended = new Promise<void>((resolve, reject) => {
      shutdown = resolve;
      void lock.lost.then(() => reject(new Error(`lost the lock on the repo ${repo}`)));
    });
    const server = await startHttpServer({
      listen,
      methods: loggedMethods(
        {
          ...minerMethods({
            version: options.version,
            session: randomUUID(),
            startedAt: new Date().toISOString(),
            identity,
            tokens,
            registry,
            index,
            storage,
            statOf: (path) => fetchStat(path, adminToken),
            shutdown,
          }),
          ...sealingMethods({ sealing, registry, spool, miner, now: Date.now }),
        },
        log,
      ),
      authenticate: tokens.verify,
      headersTimeoutMs: parseGoDuration(config.API.Timeout),
      routes: (app, admit) => {
        serveRemoteStat(app, admit, storage.stat);
        serveSectors(app, admit, { storage, log, onSent: () => undefined });
        spool.serve(app);
        for (const path of ['/metrics', '/debug/metrics'])
          app.get(path, async (_, reply) => {
            const text = await metrics.text({
              sectors: sealing.sectors(),
              jobs: sealing.jobs(),
              workers: registry.list(),
            });
            return reply.type('text/plain; version=0.0.4').send(text);
          });
      },
    });
    undo.push(server.close);
    const address = formatMultiaddr({ host: listen.host, port: server.port }, '/http');
    await writeWhole(apiFile(repo), address, 0o644);
    undo.push(() => rm(apiFile(repo), { force: true }));
    log.info({ address, actor: identity.actor }, 'miner serves');
    return { ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The local chain. Only the miner knows its secret, which survives restarts. */
function chainOf({ LocalChain }: MinerConfig, store: SealingStore, miner: number): Chain {
  return localChain({
    genesis: Number(store.fact('genesis', () => String(Date.now()))),
    secret: Buffer.from(store.fact('chain secret', newSecret), 'base64'),
    blockMs: parseGoDuration(LocalChain.BlockDelay),
    seedDelay: LocalChain.PreCommitChallengeDelay,
    confidence: LocalChain.MessageConfidence,
    miner,
  });
}

/** The index as the miner's own storage paths use it. */
function inProcess(index: StorageIndex): AsyncStorageIndex {
  return {
    attach: async (info, stat) => index.attach(info, stat),
    detach: async (id, url) => index.detach(id, url),
    reportHealth: async (id, report) => index.reportHealth(id, report),
    declareSector: async (id, sector, files, primary) => index.declareSector(id, sector, files, primary),
    dropSector: async (id, sector, files) => index.dropSector(id, sector, files),
    list: async () => index.list(),
  };
}
