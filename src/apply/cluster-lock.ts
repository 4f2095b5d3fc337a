import { layoutOf } from '../host/layout.ts';
import {
  acquireLockScript,
  formatLock,
  parseLockAnswer,
  refreshLockScript,
  releaseLockScript,
  type ClusterLock,
} from '../host/lock-script.ts';
import type { FleetHost } from '../observe/fleet.ts';
import { fail, messageOf } from '../problem/problem.ts';
import type { HostConnection } from '../ssh/connection.ts';
import type { Clock } from './wait.ts';

export interface LockOptions {
  readonly lock: ClusterLock;
  /** Break a lock whoever holds it. */
  readonly force: boolean;
  readonly clock: Clock;
  readonly notice: (text: string) => void;
}

export interface HeldLock {
  /** Fires when the lock was taken away, or can no longer be renewed before others call it stale. */
  readonly lost: AbortSignal;
  readonly release: () => Promise<void>;
}

/** A holder that has been silent for this long is gone. */
const staleAfterS = 45;
const heartbeatMs = 10_000;
const scriptTimeoutMs = 30_000;

/** Takes the cluster's lock on the miner's host and keeps it alive. Rejects with who holds it, since when, and how to break it. */
export async function holdClusterLock(
  host: FleetHost,
  connection: () => Promise<HostConnection>,
  options: LockOptions,
): Promise<HeldLock> {
  const path = layoutOf(host).lock;
  const { lock, clock } = options;
  const run = async (script: string, args: readonly string[], step: string): Promise<string> => {
    const argv = ['sh', '-c', script, 'sh', path, ...args];
    const result = await (await connection()).exec({ argv, timeoutMs: scriptTimeoutMs, step });
    if (result.status === 0) return result.stdout.toString('utf8');
    throw fail({
      code: 'lock-failed',
      summary: `could not ${step}`,
      where: { in: 'host', host: host.name, path },
      why: result.stderr.trim(),
      fix: 'see the reason; nothing was changed',
    });
  };
  const force = options.force ? 'force' : 'ask';
  const answer = parseLockAnswer(
    await run(acquireLockScript, [formatLock(lock), String(staleAfterS), force], 'take the cluster lock'),
  );
  if (answer.answer === 'refused') throw refusal(host, answer.by, answer.silentS);
  if (answer.answer === 'taken-over') {
    options.notice(`took over the lock of ${holderText(answer.from)}, silent for ${answer.silentS} s`);
  }
  return keepAlive(run, lock, clock);
}

function keepAlive(
  run: (script: string, args: readonly string[], step: string) => Promise<string>,
  lock: ClusterLock,
  clock: Clock,
): HeldLock {
  const ended = new AbortController();
  const lost = new AbortController();
  const beating = (async () => {
    let renewed = clock.now();
    for (;;) {
      await clock.sleep(heartbeatMs, ended.signal);
      const answer = await run(refreshLockScript, [lock.id], 'renew the cluster lock').catch(
        (thrown: unknown) => messageOf(thrown),
      );
      if (answer.trim() === 'kept') renewed = clock.now();
      else if (answer.trim() === 'lost')
        return lost.abort(new Error('the cluster lock was taken by somebody else'));
      else if (clock.now() - renewed > (staleAfterS - 15) * 1000)
        return lost.abort(new Error(`the cluster lock cannot be renewed: ${answer}`));
    }
  })();
  // The sleep ends by rejecting when the lock is released.
  beating.catch(() => undefined);
  return {
    lost: lost.signal,
    release: async () => {
      ended.abort();
      // A lock that cannot be given back goes stale by itself.
      await run(releaseLockScript, [lock.id], 'give the cluster lock back').catch(() => undefined);
    },
  };
}

function refusal(host: FleetHost, by: ClusterLock | undefined, silentS: number): Error {
  return fail({
    code: 'cluster-locked',
    summary: `the cluster is being changed by ${holderText(by)}`,
    where: { in: 'host', host: host.name },
    why: `its last sign of life is ${silentS} s old; after ${staleAfterS} s without one it would be taken over`,
    fix: 'wait for it; if you know that it is gone, run the same command with --break-lock',
  });
}

function holderText(lock: ClusterLock | undefined): string {
  if (lock === undefined) return 'somebody whose lock cannot be read';
  return `${lock.who} (${lock.operation}, since ${lock.since})`;
}
