import { randomUUID } from 'node:crypto';
import { startHttpServer, type HttpServer } from '../../../../src/daemons/base/http-server.ts';
import type { Methods } from '../../../../src/daemons/base/rpc/method.ts';
import { returnsWithoutValue } from '../../../../src/core/lotus/miner-api.ts';
import { makeRpcClient, type RpcClient } from '../../../../src/core/lotus/rpc-client.ts';
import { fileTypesIn } from '../../../../src/core/lotus/sector-file.ts';
import { taskNameOf, type TaskCode } from '../../../../src/core/lotus/task-type.ts';
import { workerTaskMethods, type WorkerTaskMethod } from '../../../../src/core/lotus/worker-api.ts';
import { returnMethodOf } from '../../../../src/daemons/miner/sealing/job.ts';

type AnyMethods = Record<string, { params: unknown[]; result: unknown }>;
interface Ref {
  readonly ID: { readonly Miner: number; readonly Number: number };
}

export interface DoubleOptions {
  readonly name: string;
  readonly minerUrl: string;
  readonly token: string;
  readonly tasks: readonly TaskCode[];
  readonly group?: string;
  /** Also offers a long-term path. */
  readonly stores?: boolean;
  /** How long each task lasts. */
  readonly taskMs?: number;
  /** What a task ends with instead of success. */
  readonly fails?: (
    method: WorkerTaskMethod,
    sector: number,
  ) => { Code: number; Message: string } | undefined;
  /** A task that never ends by itself. */
  readonly hangs?: (method: WorkerTaskMethod) => boolean;
}

/**
 * A worker that speaks the whole protocol and computes nothing: it holds files only as entries of the miner's index, and offers every
 * result until the miner takes it. What it was asked to do is in `begun`.
 */
export interface WorkerDouble {
  readonly begun: { readonly method: WorkerTaskMethod; readonly sector: number; readonly call: string }[];
  /** Files that came from another worker, as `unsealed 3`. */
  readonly fetched: string[];
  readonly aborted: string[];
  readonly url: string;
  /** Answers nothing and tells nothing any more, while what it does goes on. */
  readonly silence: (silent: boolean) => void;
  /** Takes nothing more and says so, as a worker that is to stop. */
  readonly disable: () => void;
  readonly stop: () => Promise<void>;
}

const cid = { '/': 'baga6ea4seaqao7s73y24kcutaosvacpdjgfe5pw76ooefnyqw4ynr3d2y6x2mpq' };
const stat = { Capacity: 1e13, Available: 1e13, FSAvailable: 1e13, Reserved: 0, Max: 0, Used: 0 };

export async function startDouble(options: DoubleOptions): Promise<WorkerDouble> {
  const { name, minerUrl, token, taskMs = 5 } = options;
  const client: RpcClient<AnyMethods> = makeRpcClient<AnyMethods>({ url: minerUrl, token });
  const session = randomUUID();
  const begun: WorkerDouble['begun'] = [];
  const fetched: string[] = [];
  const aborted: string[] = [];
  const running = new Map<string, { sector: Ref['ID']; method: WorkerTaskMethod }>();
  const seal = `seal-${name}`;
  const store = `store-${name}`;
  const life = new AbortController();
  let silent = false;
  let disabled = false;

  async function insist(method: string, params: unknown[]): Promise<void> {
    while (!life.signal.aborted)
      try {
        if (silent) throw new Error('silent');
        await client.call(method, params, { timeoutMs: 5_000 });
        return;
      } catch {
        await pause(50);
      }
  }

  async function holders(sector: Ref['ID'], bit: number): Promise<string[]> {
    const found = (await client.call('StorageFindSector', [sector, bit, 2048, false])) as { ID: string }[];
    return found.map(({ ID }) => ID);
  }

  /** Files of a sector on one path of this worker, and nowhere else when they move. */
  async function bring(sector: Ref['ID'], files: number, to: string, move: boolean): Promise<void> {
    for (const [index, type] of [
      'unsealed',
      'sealed',
      'cache',
      'update',
      'update-cache',
      'piece',
    ].entries()) {
      const bit = 2 ** index;
      if ((files & bit) === 0) continue;
      const at = await holders(sector, bit);
      if (at.includes(to) || at.length === 0) continue;
      if (!at.some((id) => id.endsWith(`-${name}`))) fetched.push(`${type} ${sector.Number}`);
      await client.call('StorageDeclareSector', [to, sector, bit, true]);
      if (move) for (const id of at) await client.call('StorageDropSector', [id, sector, bit]);
    }
  }

  async function work(method: WorkerTaskMethod, params: unknown[]): Promise<unknown> {
    const { ID } = params[0] as Ref;
    const declare = (files: number) => client.call('StorageDeclareSector', [seal, ID, files, false]);
    switch (method) {
      case 'AddPiece':
        await declare(1);
        return { Size: ((params[2] as number) / 127) * 128, PieceCID: cid };
      case 'SealPreCommit1':
        await declare(6);
        return 'cGMx';
      case 'SealPreCommit2':
        return { Unsealed: cid, Sealed: cid };
      case 'ReplicaUpdate':
        await declare(24);
        return { NewSealed: cid, NewUnsealed: cid };
      case 'ProveReplicaUpdate1':
        return ['AQ=='];
      case 'UnsealPiece':
        await declare(1);
        return null;
      case 'Fetch': {
        const [, files, use, mode] = params as [Ref, number, string, string];
        await bring(ID, files, use === 'storage' ? store : seal, mode === 'move');
        return null;
      }
      case 'MoveStorage':
        await bring(ID, params[1] as number, store, true);
        return null;
      case 'ReleaseUnsealed':
        if (params[1] === null)
          for (const id of await holders(ID, 1)) await client.call('StorageDropSector', [id, ID, 1]);
        return null;
      default:
        return 'cHJvb2Y=';
    }
  }

  async function perform(method: WorkerTaskMethod, params: unknown[], call: string): Promise<void> {
    const { ID } = params[0] as Ref;
    await pause(taskMs);
    if (options.hangs?.(method) === true) return;
    let value: unknown = null;
    let error = options.fails?.(method, ID.Number) ?? null;
    // The index is at the miner, which may be down for a moment.
    for (let done = error !== null; !done && !life.signal.aborted;)
      try {
        value = await work(method, params);
        done = true;
      } catch {
        await pause(50);
      }
    if (!running.delete(call)) return;
    if (error !== null) value = null;
    const result = returnMethodOf(method);
    const callId = { Sector: ID, ID: call };
    const without = (returnsWithoutValue as readonly string[]).includes(result);
    await insist(result, without ? [callId, error] : [callId, value, error]);
  }

  const methods: Methods = Object.fromEntries(
    Object.entries({
      Version: () => 67328,
      Session: () => session,
      Info: () => ({
        Hostname: name,
        IgnoreResources: false,
        Resources: {
          MemPhysical: 1e12,
          MemUsed: 0,
          MemSwap: 0,
          MemSwapUsed: 0,
          CPUs: 64,
          GPUs: null,
          Resources: null,
        },
      }),
      TaskTypes: () => Object.fromEntries(options.tasks.map((code) => [taskNameOf(code), {}])),
      Paths: () => [
        { ID: seal, Weight: 10, LocalPath: '/seal', CanSeal: true, CanStore: false },
        ...(options.stores === true
          ? [{ ID: store, Weight: 10, LocalPath: '/store', CanSeal: false, CanStore: true }]
          : []),
      ],
      RunningCalls: () =>
        [...running].map(([call, { sector, method }]) => ({
          ID: { Sector: sector, ID: call },
          Method: method,
          StartedAt: '',
          Progress: null,
        })),
      AbortCall: ([{ ID }]: [{ ID: string }]) => {
        aborted.push(ID);
        return running.delete(ID);
      },
      ...Object.fromEntries(
        workerTaskMethods.map((method) => [
          method,
          (params: unknown[]) => {
            const { ID } = params[0] as Ref;
            const call = randomUUID();
            begun.push({ method, sector: ID.Number, call });
            running.set(call, { sector: ID, method });
            void perform(method, params, call);
            return { Sector: ID, ID: call };
          },
        ]),
      ),
    }).map(([method, run]) => [
      method,
      {
        permission: 'admin',
        params: 'any',
        run: async (params: never) => {
          while (silent && !life.signal.aborted) await pause(20);
          if (method === 'Session' && disabled) throw new Error('worker disabled');
          return run(params);
        },
      },
    ]),
  ) as unknown as Methods;
  const server: HttpServer = await startHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    methods,
    authenticate: () => Promise.resolve(['admin']),
    headersTimeoutMs: 5_000,
  });
  const url = `http://127.0.0.1:${server.port}/rpc/v0`;

  const groups = options.group === undefined ? null : [options.group];
  async function join(): Promise<void> {
    for (const [id, sealing] of [
      [seal, true],
      ...(options.stores === true ? [[store, false] as const] : []),
    ] as const) {
      const info = { ID: id, URLs: [`http://127.0.0.1:${server.port}/remote`], Weight: 10, MaxStorage: 0 };
      const rules = { Groups: groups, AllowTo: groups, CanSeal: sealing, CanStore: !sealing };
      const open = { AllowTypes: null, DenyTypes: null, AllowMiners: null, DenyMiners: null };
      await client.call('StorageAttach', [{ ...info, ...rules, ...open }, stat]);
      await client.call('StorageReportHealth', [id, { Stat: stat, Err: '' }]);
    }
    await client.call('WorkerConnect', [url]);
  }
  await join();
  const health = setInterval(() => {
    for (const id of silent ? [] : options.stores === true ? [seal, store] : [seal])
      void client.call('StorageReportHealth', [id, { Stat: stat, Err: '' }]).catch(() => undefined);
  }, 2_000);
  let known = await client.call('Session', []);
  void (async () => {
    while (!life.signal.aborted) {
      await pause(100);
      const current = await client.call('Session', [], { timeoutMs: 1_000 }).catch(() => known);
      if (current !== known)
        await join().then(
          () => (known = current),
          () => undefined,
        );
    }
  })();
  return {
    begun,
    fetched,
    aborted,
    url,
    silence(now) {
      silent = now;
    },
    disable() {
      disabled = true;
    },
    async stop() {
      life.abort();
      clearInterval(health);
      await server.close();
    },
  };
}

/** Names of files in a mask, for messages. */
export const filesText = (mask: number): string => fileTypesIn(mask).join('+');

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
