import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newPathId } from '../../src/sealctl/kinds/worker/path-id.ts';
import { acceptedTasks } from '../../src/sealctl/kinds/worker/worker-command.ts';
import type { MinerApi } from '../../src/core/lotus/miner-api.ts';
import type { StorageInfo, WorkerInfo } from '../../src/core/lotus/rpc-values.ts';
import type { WorkerApi } from '../../src/core/lotus/worker-api.ts';
import type { Spec, StoragePathSpec, WorkerSpec } from '../../src/sealctl/spec/spec.ts';

/** The RPC of all daemons of a cluster, each at its own loopback address, which answers as a fleet does that is as it should be. */
export interface Daemons {
  readonly workerPort: number;
  readonly minerPort: number;
  /** From now on it answers for this cluster. */
  readonly serve: (spec: Spec) => void;
  readonly stop: () => void;
}

type Answer = (param: unknown) => unknown;
type Answers = Readonly<Record<string, Answer>>;
type Named<Api> = {
  readonly [Name in keyof Api]?: (param: unknown) => Api[Name] extends { result: infer R } ? R : never;
};

export async function startDaemons(): Promise<Daemons> {
  const workers = new Map<string, Answers>();
  let miner: Answers = {};
  const servers = [await listen((address) => workers.get(address)), await listen(() => miner)];
  const [workerPort = 0, minerPort = 0] = servers.map((server) => (server.address() as AddressInfo).port);
  return {
    workerPort,
    minerPort,
    serve: (spec) => {
      const all = spec.hosts.flatMap((host) => host.workers);
      for (const worker of all) workers.set(worker.listen.host, workerAnswers(worker, spec));
      miner = minerAnswers(all, spec);
    },
    stop: () => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

async function listen(answersAt: (address: string) => Answers | undefined): Promise<Server> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(Buffer.concat(pieces).toString()) as {
        id: number;
        method: string;
        params: readonly unknown[];
      };
      const answer = answersAt(request.socket.localAddress ?? '')?.[method.replace('Filecoin.', '')];
      const said =
        answer === undefined ? { error: { code: -32601, message: method } } : { result: answer(params[0]) };
      response.end(JSON.stringify({ jsonrpc: '2.0', id, ...said }));
    });
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return server;
}

function workerAnswers(worker: WorkerSpec, spec: Spec): Answers {
  const answers: Named<WorkerApi> = {
    ProcessSession: () => sessionOf(worker),
    Info: () => infoOf(worker),
    TaskTypes: () => Object.fromEntries(acceptedTasks(worker.tasks).map((name) => [name, {}])),
    Paths: () =>
      pathsOf(worker, spec).map(({ id, storage }) => ({
        ID: id,
        Weight: storage.weight,
        LocalPath: storage.path,
        CanSeal: storage.canSeal,
        CanStore: storage.canStore,
      })),
    Enabled: () => true,
  };
  return answers;
}

function minerAnswers(workers: readonly WorkerSpec[], spec: Spec): Answers {
  const paths = new Map(
    workers.flatMap((worker) => pathsOf(worker, spec)).map(({ id, storage }) => [id, indexed(id, storage)]),
  );
  const answers: Named<MinerApi> = {
    Session: () => 'c0ffee00-0000-4000-8000-000000000000',
    ActorAddress: () => spec.actor,
    WorkerStats: () =>
      Object.fromEntries(
        workers.map((worker) => [
          sessionOf(worker),
          {
            Info: infoOf(worker),
            Tasks: acceptedTasks(worker.tasks),
            Enabled: true,
            MemUsedMin: 0,
            MemUsedMax: 0,
            GpuUsed: 0,
            CpuUse: 0,
            TaskCounts: {},
          },
        ]),
      ),
    WorkerJobs: () => ({}),
    StorageList: () => Object.fromEntries([...paths.keys()].map((id) => [id, []])),
    StorageInfo: (id) => paths.get(String(id)) as StorageInfo,
  };
  return answers;
}

function sessionOf({ listen }: WorkerSpec): string {
  const digits = listen.host.split('.').map((part) => part.padStart(3, '0'));
  return `00000000-0000-4000-8000-${digits.join('')}`;
}

function infoOf({ label }: WorkerSpec): WorkerInfo {
  const resources = { MemPhysical: 2 ** 34, MemUsed: 0, MemSwap: 0, MemSwapUsed: 0, CPUs: 8, GPUs: [] };
  return { Hostname: label, IgnoreResources: false, Resources: { ...resources, Resources: null } };
}

function pathsOf(worker: WorkerSpec, { cluster }: Spec): { id: string; storage: StoragePathSpec }[] {
  return worker.storage.map((storage) => ({ id: newPathId(cluster, worker.host, storage.path), storage }));
}

function indexed(id: string, storage: StoragePathSpec): StorageInfo {
  return {
    ID: id,
    URLs: [],
    Weight: storage.weight,
    MaxStorage: storage.maxStorageBytes,
    CanSeal: storage.canSeal,
    CanStore: storage.canStore,
    Groups: storage.groups,
    AllowTo: storage.allowTo,
    AllowTypes: storage.allowTypes,
    DenyTypes: storage.denyTypes,
    AllowMiners: storage.allowMiners,
    DenyMiners: storage.denyMiners,
  };
}
