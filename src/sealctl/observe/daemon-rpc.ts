import type { Duplex } from 'node:stream';
import type { HostFacts } from '../host/probe/facts.ts';
import { probeKey } from '../host/probe/facts.ts';
import type { IndexedPath, ObservedMiner, ObservedWorker, ListedJob } from '../model/observed.ts';
import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import {
  makeRpcClient,
  type MethodTable,
  type RpcClient,
  type RpcClientOptions,
} from '@sealctl/core/lotus/rpc-client';
import { RpcError } from '@sealctl/core/lotus/rpc-error';
import type { StorageInfo } from '@sealctl/core/lotus/rpc-values';
import type { WorkerApi } from '@sealctl/core/lotus/worker-api';
import { makeLimit } from '@sealctl/core/async/limit';
import type { FleetReader, FleetHost } from './fleet.ts';
import { ForwardingAgent } from './forwarding-agent.ts';
import { apiFile } from '@sealctl/core/lotus/repo-layout';

/** Milliseconds a daemon has to answer a question. */
const answerMs = 10_000;
/** Questions to one daemon at once, each over a stream of its own: enough to hide a slow way, few enough to be worth opening. */
const questionsAtOnce = 3;

export interface DaemonAddress {
  readonly host: string;
  readonly port: number;
}

/** The address of a daemon: from the file it wrote, or from cluster.yaml before it has written one. */
export function daemonAddress(
  repo: string,
  listen: DaemonAddress,
  hostAddress: string,
  facts: HostFacts | undefined,
): DaemonAddress {
  const written = facts?.files.get(probeKey({ ask: 'file', path: apiFile(repo), content: true }))?.content;
  const match = /^\/(?:ip4|ip6|dns|dns4|dns6)\/(?<host>[^/]+)\/tcp\/(?<port>\d+)/.exec(written?.trim() ?? '');
  const address = {
    host: match?.groups?.['host'] ?? listen.host,
    port: Number(match?.groups?.['port'] ?? listen.port),
  };
  const everywhere = address.host === '0.0.0.0' || address.host === '::';
  return everywhere
    ? { ...address, host: listen.host === address.host ? hostAddress : listen.host }
    : address;
}

/** A client of a daemon on a host, over the host's SSH connection. */
export function rpcOver<Api extends MethodTable>(
  fleet: FleetReader,
  host: FleetHost,
  address: DaemonAddress,
  token: string,
): RpcClient<Api> {
  return makeRpcClient<Api>({ ...clientOptions(address, token), connect: opener(fleet, host, address) });
}

/** A client for reading a daemon and nothing else, over few streams: they last until `end`, and a daemon that restarts breaks them. */
export function readerOver<Api extends MethodTable>(
  fleet: FleetReader,
  host: FleetHost,
  address: DaemonAddress,
  token: string,
): { readonly client: RpcClient<Api>; readonly end: () => void } {
  const agent = new ForwardingAgent(opener(fleet, host, address));
  const client = makeRpcClient<Api>({ ...clientOptions(address, token), agent });
  const turn = makeLimit(questionsAtOnce);
  let ended = false;
  return {
    client: {
      call: (method, params, options) =>
        turn(() => {
          // A question whose turn came after another failed must not open streams that nobody ends.
          if (ended) throw new Error(`${method} is not asked any more`);
          return client.call(method, params, options);
        }),
    },
    end: () => {
      ended = true;
      agent.destroy();
    },
  };
}

function opener(fleet: FleetReader, host: FleetHost, address: DaemonAddress): () => Promise<Duplex> {
  return async () => (await fleet.reader(host)).forward(address);
}

function clientOptions({ host, port }: DaemonAddress, token: string): RpcClientOptions {
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/rpc/v0`,
    token,
    timeoutMs: answerMs,
  };
}

/** A worker's answers about itself. */
export async function readWorker(client: RpcClient<WorkerApi>): Promise<ObservedWorker> {
  const [session, info, tasks, paths, enabled] = await Promise.all([
    client.call('ProcessSession', []),
    client.call('Info', []),
    client.call('TaskTypes', []),
    client.call('Paths', []),
    client.call('Enabled', []),
  ]);
  return {
    session,
    label: info.Hostname,
    tasks: Object.keys(tasks),
    enabled,
    paths: (paths ?? []).map((path) => ({
      id: path.ID,
      localPath: path.LocalPath,
      weight: path.Weight,
      canSeal: path.CanSeal,
      canStore: path.CanStore,
    })),
  };
}

/** The miner's view of the cluster. */
export async function readMiner(client: RpcClient<MinerApi>): Promise<ObservedMiner> {
  const [session, actor, stats, jobs, storage] = await Promise.all([
    client.call('Session', []),
    client.call('ActorAddress', []),
    client.call('WorkerStats', []),
    client.call('WorkerJobs', []),
    client.call('StorageList', []),
  ]);
  const paths = await Promise.all(Object.keys(storage).map((id) => indexedPath(client, id)));
  return {
    session,
    actor,
    workers: new Map(
      Object.entries(stats).map(([id, worker]) => [
        id,
        {
          session: id,
          label: worker.Info.Hostname,
          enabled: worker.Enabled,
          tasks: worker.Tasks ?? [],
          jobs: (jobs?.[id] ?? []).map((job): ListedJob => ({
            task: job.Task,
            sector: job.Sector.Number,
            runWait: job.RunWait,
            start: job.Start,
          })),
          stats: worker,
        },
      ]),
    ),
    paths: new Map(paths.flatMap((path) => (path === undefined ? [] : [[path.id, path] as const]))),
  };
}

/** Undefined for a path that was detached since the list of paths was made. */
async function indexedPath(client: RpcClient<MinerApi>, id: string): Promise<IndexedPath | undefined> {
  try {
    return pathOf(await client.call('StorageInfo', [id]));
  } catch (thrown) {
    if (thrown instanceof RpcError && thrown.failure === 'answer') return undefined;
    throw thrown;
  }
}

function pathOf(info: StorageInfo): IndexedPath {
  return {
    id: info.ID,
    weight: info.Weight,
    maxStorageBytes: info.MaxStorage,
    canSeal: info.CanSeal,
    canStore: info.CanStore,
    groups: info.Groups ?? [],
    allowTo: info.AllowTo ?? [],
    allowTypes: info.AllowTypes ?? [],
    denyTypes: info.DenyTypes ?? [],
    allowMiners: info.AllowMiners ?? [],
    denyMiners: info.DenyMiners ?? [],
  };
}
