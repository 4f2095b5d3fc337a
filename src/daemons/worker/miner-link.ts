import type { Logger } from 'pino';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import { isPermission, type Permission } from '@sealctl/core/lotus/permission';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import { RpcError } from '@sealctl/core/lotus/rpc-error';
import { apiVersionText, minerApiVersion, type MinerVersion } from '@sealctl/core/lotus/rpc-values';
import { sleep } from '@sealctl/core/async/sleep';
import { makeBackoff, retry } from '@sealctl/core/async/retry';

const callTimeoutMs = 5_000;
/** Timeout of a registration: the miner dials back several times before it responds. */
const connectTimeoutMs = 30_000;
/** Interval at which the miner's session is read; it changes with a restart. */
const watchIntervalMs = 5_000;
const complaintIntervalMs = 30_000;

/** Facts that the worker reads from the miner when it starts. */
export interface MinerFacts {
  readonly version: MinerVersion;
  readonly actor: string;
  readonly sectorBytes: number;
  /** Permissions of the worker's own token. */
  readonly permissions: readonly Permission[];
}

/**
 * Waits for the miner without a time limit, and checks compatibility. Rejects with a problem for a refused token, a token without admin, or
 * another API version; with the signal's reason when it aborts.
 */
export async function handshake(
  client: RpcClient<MinerApi>,
  token: string,
  signal: AbortSignal,
  log: Logger,
): Promise<MinerFacts> {
  const options = { timeoutMs: callTimeoutMs, signal };
  const version = await retryUntilReachable(() => client.call('Version', [], options), signal, log);
  if (version.APIVersion !== minerApiVersion)
    throw fail({
      code: 'miner-api-version',
      summary: `the miner speaks API version ${apiVersionText(version.APIVersion)}; this worker needs exactly ${apiVersionText(minerApiVersion)}`,
      fix: 'run the miner and its workers from the same release',
    });
  const allowed = await retryUntilReachable(() => client.call('AuthVerify', [token], options), signal, log);
  const permissions = allowed.filter(isPermission);
  if (!permissions.includes('admin'))
    throw fail({
      code: 'token-too-weak',
      summary: `the worker's token permits ${permissions.join(', ') || 'nothing'}; a worker needs admin`,
      fix: `put the output of 'auth api-info --perm=admin' on the miner into MINER_API_INFO`,
    });
  const actor = await retryUntilReachable(() => client.call('ActorAddress', [], options), signal, log);
  const sectorBytes = await retryUntilReachable(
    () => client.call('ActorSectorSize', [actor], options),
    signal,
    log,
  );
  return { version, actor, sectorBytes, permissions };
}

/** Repeats a call until the miner can be reached; a refused token or another error response ends it. */
export async function retryUntilReachable<Result>(
  call: () => Promise<Result>,
  signal: AbortSignal,
  log: Logger,
): Promise<Result> {
  let complainedAt = -Infinity;
  return retry(call, signal, (error) => {
    if (!(error instanceof RpcError)) throw error;
    if (error.failure === 'unauthorized') throw refusedToken(error);
    if (error.failure === 'answer') throw error;
    if (Date.now() - complainedAt > complaintIntervalMs) {
      log.warn({ why: error.message }, 'waiting for the miner');
      complainedAt = Date.now();
    }
  });
}

export interface RegistrationOptions {
  readonly client: RpcClient<MinerApi>;
  /** URL at which the miner reaches this worker. */
  readonly url: string;
  /** Declares the storage paths to a restarted miner. */
  readonly redeclare: () => Promise<void>;
  readonly log: Logger;
}

/**
 * Registers the worker and keeps it registered. `registered` settles after the first registration, or rejects with a problem when the miner
 * rejects the worker. After that, paths and worker are registered again as soon as the miner restarts.
 */
export function maintainRegistration(
  options: RegistrationOptions,
  signal: AbortSignal,
): { readonly registered: Promise<void>; readonly watched: Promise<void> } {
  const { client, log } = options;
  const session = () => client.call('Session', [], { timeoutMs: callTimeoutMs, signal });
  let known = '';

  const registered = (async () => {
    known = await retryUntilReachable(session, signal, log);
    await retryUntilReachable(() => register(options, signal), signal, log);
    log.info({ url: options.url }, 'registered with the miner');
  })();

  const watched = registered.then(async () => {
    const backoff = makeBackoff();
    let away = false;
    while (!signal.aborted) {
      try {
        const current = await session();
        if (current !== known) {
          log.info('the miner restarted; registering again');
          await options.redeclare();
          await register(options, signal);
          known = current;
          log.info({ url: options.url }, 'registered with the miner again');
        } else if (away) log.info('the miner is reachable again');
        away = false;
        backoff.reset();
        await sleep(watchIntervalMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!away) log.warn({ why: messageOf(error) }, 'the miner is unreachable');
        away = true;
        await backoff.pause(signal).catch(() => undefined);
      }
    }
  });
  return { registered, watched };
}

/** Deregisters this worker: the miner dials back, receives the zero session, and drops the worker. */
export async function deregister(
  { client, url, log }: RegistrationOptions,
  timeoutMs: number,
): Promise<void> {
  try {
    await client.call('WorkerConnect', [url], { timeoutMs });
  } catch (error) {
    // The miner's error response means success; an unreachable miner has no registration to drop.
    log.debug({ why: messageOf(error) }, 'deregistered from the miner');
  }
}

async function register({ client, url }: RegistrationOptions, signal: AbortSignal): Promise<void> {
  try {
    await client.call('WorkerConnect', [url], { timeoutMs: connectTimeoutMs, signal });
  } catch (error) {
    if (!(error instanceof RpcError) || error.failure !== 'answer') throw error;
    throw fail(
      {
        code: 'not-registered',
        summary: `the miner rejects this worker at ${url}`,
        why: error.message,
        fix: 'make the address reachable from the miner: set it with --listen or --advertise, and check firewalls',
      },
      { cause: error },
    );
  }
}

function refusedToken(cause: RpcError) {
  return fail(
    {
      code: 'token-refused',
      summary: 'the miner rejects the token of this worker',
      why: cause.message,
      fix: `put the output of 'auth api-info --perm=admin' on the miner into MINER_API_INFO`,
    },
    { cause },
  );
}
