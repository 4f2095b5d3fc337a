import { layoutOf } from '../../host/layout.ts';
import {
  acquireLockScript,
  formatLock,
  parseLockAnswer,
  parseRefreshAnswer,
  refreshLockScript,
  releaseLockScript,
  type ClusterLock,
} from '../../host/lock/lock-script.ts';
import type { FleetHost } from '../../observe/fleet.ts';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import type { HostConnection } from '../../ssh/connection.ts';
import type { Clock } from '@sealctl/core/async/clock';

export interface LockOptions {
  readonly lock: ClusterLock;
  /** Break a lock of any holder. */
  readonly force: boolean;
  readonly clock: Clock;
  readonly notice: (text: string) => void;
}

export interface HeldLock {
  /** Fires, with a `ProblemError`, when the lock was taken away or can no longer be renewed before others call it stale. */
  readonly lost: AbortSignal;
  /** Releases the lock, with a notice if that fails; once `hurry` fires, it has two seconds left. Never rejects. */
  readonly release: (hurry: AbortSignal) => Promise<void>;
}

/** A lock that was not renewed for this long is stale. */
const staleAfterS = 45;
const heartbeatMs = 10_000;
/** After a renewal that failed. */
const retryMs = 2_000;
/** A lock that could not be renewed for this long counts as lost. Running steps can still end before another holder takes over. */
const lostAfterMs = 30_000;
const scriptTimeoutMs = 30_000;
const renewalTimeoutMs = 10_000;
const graceMs = 2_000;

/** Runs a script on the lock's file. */
type RunScript = (
  script: string,
  args: readonly string[],
  execOptions: { readonly step: string; readonly timeoutMs: number; readonly signal?: AbortSignal },
) => Promise<string>;

/** Takes the cluster's lock on the miner's host and keeps it alive. Rejects with who holds it, since when, and how to break it. */
export async function holdClusterLock(
  host: FleetHost,
  connection: () => Promise<HostConnection>,
  options: LockOptions,
): Promise<HeldLock> {
  const path = layoutOf(host).lock;
  const { lock, clock } = options;
  const run: RunScript = async (script, args, execOptions) => {
    const argv = ['sh', '-c', script, 'sh', path, ...args];
    const result = await (await connection()).exec({ argv, ...execOptions });
    if (result.status === 0) return result.stdout.toString('utf8');
    throw fail({
      code: 'lock-failed',
      summary: `could not ${execOptions.step}`,
      where: { in: 'host', host: host.name, path },
      why: result.stderr.trim(),
      fix: 'fix the cause; nothing was changed',
    });
  };
  const force = options.force ? 'force' : 'ask';
  const asked = clock.now();
  const answer = parseLockAnswer(
    await run(acquireLockScript, [formatLock(lock), String(staleAfterS), force], {
      step: 'take the cluster lock',
      timeoutMs: scriptTimeoutMs,
    }),
  );
  if (answer.answer === 'refused') throw refusal(host, answer.by, answer.silentS);
  if (answer.answer === 'taken-over') {
    options.notice(`took over the lock of ${holderText(answer.from)}, not renewed for ${answer.silentS} s`);
  }
  const ended = new AbortController();
  return {
    lost: keepAlive(run, host, options, asked, ended),
    release: (hurry) => {
      ended.abort();
      return giveBack(run, host, options, hurry);
    },
  };
}

/** Renews the lock until `ended` fires. */
function keepAlive(
  run: RunScript,
  host: FleetHost,
  { lock, clock }: LockOptions,
  acquired: number,
  ended: AbortController,
): AbortSignal {
  const lost = new AbortController();
  const lose = (problem: Error): void => {
    ended.abort();
    lost.abort(problem);
  };
  const execOptions = { step: 'renew the cluster lock', timeoutMs: renewalTimeoutMs, signal: ended.signal };
  // The renewal happened at some time after the request.
  let renewed = acquired;
  let failure = 'no answer';
  const beat = async (): Promise<void> => {
    let pauseMs = heartbeatMs;
    for (;;) {
      await clock.sleep(pauseMs, ended.signal);
      const asked = clock.now();
      try {
        const text = await run(refreshLockScript, [lock.id], execOptions);
        const answer = parseRefreshAnswer(text);
        if (answer === undefined) throw new Error(text.trim());
        if (answer.answer === 'lost') return lose(takenAway(host, answer.to));
        renewed = asked;
        pauseMs = heartbeatMs;
      } catch (thrown) {
        failure = messageOf(thrown);
        pauseMs = retryMs;
      }
    }
  };
  // The loss must be noticed even if the host never answers.
  const watch = async (): Promise<void> => {
    for (;;) {
      const leftMs = renewed + lostAfterMs - clock.now();
      if (leftMs <= 0) return lose(notRenewed(host, failure));
      await clock.sleep(leftMs, ended.signal);
    }
  };
  // The sleep rejects when the lock is released or lost.
  for (const task of [beat, watch]) task().catch(() => undefined);
  return lost.signal;
}

async function giveBack(
  run: RunScript,
  host: FleetHost,
  { lock, clock, notice }: LockOptions,
  hurry: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const tooLong = new AbortController();
  const onHurry = (): void => {
    clock.sleep(graceMs, done.signal).then(
      () => tooLong.abort(),
      () => undefined,
    );
  };
  if (hurry.aborted) onHurry();
  else hurry.addEventListener('abort', onHurry);
  try {
    await run(releaseLockScript, [lock.id], {
      step: 'release the cluster lock',
      timeoutMs: scriptTimeoutMs,
      signal: tooLong.signal,
    });
  } catch (thrown) {
    notice(
      `cannot release the cluster lock on ${host.name}: ${messageOf(thrown)}; it expires within ${staleAfterS} s`,
    );
  } finally {
    hurry.removeEventListener('abort', onHurry);
    done.abort();
  }
}

function refusal(host: FleetHost, by: ClusterLock | undefined, silentS: number): Error {
  return fail({
    code: 'cluster-locked',
    summary: `the cluster is locked by ${holderText(by)}`,
    where: { in: 'host', host: host.name },
    why: `it was last renewed ${silentS} s ago; after ${staleAfterS} s without renewal the lock can be taken over`,
    fix: 'wait for it; if that run has ended, run the same command with --break-lock',
  });
}

function takenAway(host: FleetHost, to: ClusterLock | undefined): Error {
  return fail({
    code: 'cluster-lock-lost',
    summary:
      to === undefined
        ? 'the cluster lock was released or removed by someone else'
        : `the cluster lock was taken by ${holderText(to)}`,
    where: { in: 'host', host: host.name },
    fix: 'wait until the other run has ended, then run the same command again to resume',
  });
}

function notRenewed(host: FleetHost, why: string): Error {
  return fail({
    code: 'cluster-lock-lost',
    summary: `the cluster lock could not be renewed for ${lostAfterMs / 1000} s`,
    where: { in: 'host', host: host.name },
    why,
    fix: `find out why ${host.name} does not answer, then run the same command again to resume`,
  });
}

function holderText(lock: ClusterLock | undefined): string {
  if (lock === undefined) return 'an unknown holder (the lock cannot be read)';
  return `${lock.who} (${lock.operation}, since ${lock.since})`;
}
