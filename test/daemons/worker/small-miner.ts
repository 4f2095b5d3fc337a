import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { startHttpServer } from '../../../src/daemons/base/http-server.ts';
import type { Methods } from '../../../src/daemons/base/rpc/method.ts';
import { returnsWithoutValue, returnsWithValue } from '../../../src/core/lotus/miner-api.ts';
import type { CallError, CallId } from '../../../src/core/lotus/rpc-values.ts';
import { makeRpcClient, type RpcClient } from '../../../src/core/lotus/rpc-client.ts';
import type { CallStatus } from '../../../src/core/lotus/sealing-values.ts';
import type { WorkerApi } from '../../../src/core/lotus/worker-api.ts';
import { makeStorageIndex, type StorageIndex } from '../../../src/daemons/miner/storage-index.ts';

/** A delivered result. */
export interface Result {
  readonly method: string;
  readonly value: unknown;
  readonly error: CallError | null;
}

type TaskApi = WorkerApi & Record<string, { params: unknown[]; result: CallId }>;

/** The least of a miner that a worker needs, over real HTTP: registration, storage index, results. */
export interface SmallMiner {
  readonly port: number;
  readonly index: StorageIndex;
  /** The worker that registered last. */
  readonly worker: () => Promise<RpcClient<TaskApi>>;
  readonly workerUrl: () => string | undefined;
  /** The result of a call; every delivery of it was acknowledged or, while `refuse` is set, refused. */
  readonly result: (call: CallId) => Promise<Result>;
  readonly deliveries: () => readonly string[];
  refuse: boolean;
  /** What is said of every call. */
  callStatus: CallStatus;
  readonly close: () => Promise<void>;
}

/** Waits until something is there. */
export async function until<Value>(
  look: () => Value | undefined,
  what: string,
  withinMs = 25_000,
): Promise<Value> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = look();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function startSmallMiner(sectorBytes: number): Promise<SmallMiner> {
  const index = makeStorageIndex(Date.now, () => undefined);
  const results = new Map<string, Result>();
  const deliveries: string[] = [];
  const session = randomUUID();
  let url: string | undefined;
  const any = (run: (params: never[]) => unknown) => ({ permission: 'read', params: 'any', run }) as const;
  const done = (run: (...params: never[]) => void) => any((params) => (run(...params), null));
  const take = (method: string, hasValue: boolean) =>
    any((params: unknown[]) => {
      const [call, value, error] = (hasValue ? params : [params[0], null, params[1]]) as [
        CallId,
        unknown,
        CallError | null,
      ];
      deliveries.push(call.ID);
      if (miner.refuse) throw new Error('not now');
      results.set(call.ID, { method, value, error });
      return null;
    });
  const methods = {
    Version: any(() => ({ Version: 'small', APIVersion: 66816, BlockDelay: 30, Agent: 'seal-miner' })),
    Session: any(() => session),
    ActorAddress: any(() => 'f01000'),
    ActorSectorSize: any(() => sectorBytes),
    AuthVerify: any(([token]: string[]) => {
      if (token !== 'good') throw new Error('JWT verification failed');
      return ['read', 'write', 'sign', 'admin'];
    }),
    WorkerConnect: any(([at]: string[]) => {
      url = z.url().parse(at);
      return null;
    }),
    SealingCallStatus: any(() => miner.callStatus),
    StorageAttach: done(index.attach),
    StorageDetach: done(index.detach),
    StorageReportHealth: done(index.reportHealth),
    StorageDeclareSector: done(index.declareSector),
    StorageDropSector: done(index.dropSector),
    StorageInfo: any((params) => index.info(...(params as unknown as [string]))),
    StorageList: any(() => index.list()),
    StorageFindSector: any((params) =>
      index.findSector(...(params as unknown as Parameters<StorageIndex['findSector']>)),
    ),
    StorageBestAlloc: any((params) =>
      index.bestAlloc(...(params as unknown as Parameters<StorageIndex['bestAlloc']>)),
    ),
    ...Object.fromEntries([
      ...returnsWithValue.map((name) => [name, take(name, true)]),
      ...returnsWithoutValue.map((name) => [name, take(name, false)]),
    ]),
  } as unknown as Methods;
  const server = await startHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    methods,
    authenticate: async () => ['read', 'admin'],
    headersTimeoutMs: 5_000,
  });
  const miner: SmallMiner = {
    port: server.port,
    index,
    worker: async () => makeRpcClient<TaskApi>({ url: await until(() => url, 'a worker'), token: 'good' }),
    workerUrl: () => url,
    result: (call) => until(() => results.get(call.ID), `the result of ${call.ID}`),
    deliveries: () => deliveries,
    refuse: false,
    callStatus: 'wanted',
    close: server.close,
  };
  return miner;
}
