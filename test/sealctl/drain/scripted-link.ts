import type { WorkerApi, WorkerFetchApi } from '../../../src/core/lotus/worker-api.ts';
import type { MinerApi } from '../../../src/core/lotus/miner-api.ts';
import type { MethodTable, RpcClient } from '../../../src/core/lotus/rpc-client.ts';
import { RpcError, rpcErrorCodes } from '../../../src/core/lotus/rpc-error.ts';
import type { WorkerLink } from '../../../src/sealctl/apply/cordon/worker-operations.ts';
import type { DrainLink } from '../../../src/sealctl/drain/drain-link.ts';

/** Answers of a daemon by method. */
export type Answers = Readonly<Record<string, (...params: unknown[]) => unknown>>;

/** A call that a daemon got. */
export interface Call {
  /** Such as `miner StorageList`. */
  readonly method: string;
  readonly params: readonly unknown[];
  readonly signal: AbortSignal | undefined;
  /** The limit that it has for itself. */
  readonly timeoutMs?: number | undefined;
}

/** What a drain talks to, where it differs from a host with one worker, `red`, whose path is `own`. */
export type Script = Partial<Omit<DrainLink, 'miner'>> & {
  readonly miner?: Answers;
  /** Of the worker `red`. */
  readonly worker?: Answers;
  /** Gets every call. */
  readonly calls?: Call[];
};

/** Milliseconds since the epoch of every reading. */
export const now = Date.parse('2026-11-22T12:00:00Z');

/** An error that a daemon returns for a call that it knows. */
export const refused = (message: string) => (): never => {
  throw new RpcError('answer', message, { code: rpcErrorCodes.application.code });
};

/** A call that gets no answer. */
export const unreachable = (): never => {
  throw new RpcError('unreachable', 'connection refused');
};

/** A connection to a miner, and to the worker `red` of the host that is drained. */
export function scriptedLink({ miner = {}, worker = {}, calls = [], ...changes }: Script = {}): DrainLink {
  const client = daemon<MinerApi>('miner', calls, {
    WorkerStats: () => ({ session: { Info: { Hostname: 'red' } } }),
    WorkerJobs: () => null,
    SealingSchedDiag: () => ({ SchedInfo: { Requests: null } }),
    StorageList: () => ({}),
    StorageInfo: () => ({ URLs: ['http://red/remote'] }),
    SectorsListInStates: () => null,
    ...miner,
  });
  return {
    miner: client,
    actorId: 1000,
    workers: [scriptedWorker('red', calls, { Paths: () => [{ ID: 'own' }], ...worker })],
    pathsOf: () => [],
    owners: () => Promise.resolve(new Map()),
    now: () => now,
    signal: new AbortController().signal,
    ...changes,
  };
}

/** A worker that gives these answers; its miner knows nothing. */
export function scriptedWorker(label: string, calls: Call[], answers: Answers): WorkerLink {
  return {
    host: 'host',
    label,
    worker: daemon<WorkerApi & WorkerFetchApi>(label, calls, answers),
    miner: daemon<MinerApi>('miner', calls, {}),
    actor: 'f01000',
    clock: { now: () => 0, sleep: () => Promise.resolve() },
  };
}

/** A daemon that answers these methods, and of others says what a daemon says that does not know them. */
function daemon<Api extends MethodTable>(name: string, calls: Call[], answers: Answers): RpcClient<Api> {
  return {
    call: (method, params, options) => {
      calls.push({
        method: `${name} ${method}`,
        params,
        signal: options?.signal,
        timeoutMs: options?.timeoutMs,
      });
      const answer = answers[method];
      const { code } = rpcErrorCodes.methodNotFound;
      if (answer === undefined)
        return Promise.reject(new RpcError('answer', `method '${method}' not found`, { code }));
      return Promise.resolve().then(() => answer(...params) as never);
    },
  };
}
