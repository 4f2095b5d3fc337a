import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fail, messageOf } from '@sealctl/core/problem/problem';

/** The exclusive lock on a repo. */
export interface RepoLock {
  /** Settles when the lock is lost without `release`: the holder must stop then. */
  readonly lost: Promise<void>;
  readonly release: () => Promise<void>;
}

/** Name of the lock file; its existence does not mean that the repo is locked. */
export const repoLockFile = 'repo.lock';
const takenStatus = 75;

/**
 * Node has no flock(2), so a shell process holds the lock. The shell reads from a pipe whose only writer is this process. When this process
 * dies, however it dies, the pipe closes, the shell exits, and the kernel releases the lock. The shell ignores the signals that stop a
 * whole service, since the daemon still needs the lock while it shuts down.
 */
const holder = `trap '' HUP INT TERM; exec 9>>"$1" || exit 1; flock -n 9 || exit ${takenStatus}; echo held; read -r _`;

/** Takes `repo.lock`; rejects with a problem when another process holds it. */
export async function lockRepo(repo: string): Promise<RepoLock> {
  const child = spawn('/bin/sh', ['-c', holder, 'sh', join(repo, repoLockFile)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  // Nothing is ever written. An error here only means that the holder exited, which `exit` also reports.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const status = await Promise.race([once(child.stdout, 'data').then(() => 'held' as const), ended]).catch(
    (error: unknown) => {
      throw cannotLock(repo, messageOf(error));
    },
  );
  if (status === takenStatus) throw taken(repo);
  if (status !== 'held') throw cannotLock(repo, complaint.trim() || `the lock holder ended with ${status}`);
  child.unref();
  let released = false;
  return {
    lost: new Promise((resolve) => {
      void ended.then(() => {
        if (!released) resolve();
      });
    }),
    async release() {
      released = true;
      // Without the reference, this process could exit during its own shutdown, before the holder's exit is reported.
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}

function taken(repo: string) {
  return fail({
    code: 'repo-locked',
    summary: `another process uses the repo ${repo}`,
    where: { in: 'host', host: 'this host', path: join(repo, repoLockFile) },
    why: 'the other process holds repo.lock; two daemons on one repo would corrupt its state',
    fix: 'stop the other process, or give this one a repo of its own',
  });
}

function cannotLock(repo: string, why: string) {
  return fail({
    code: 'repo-lock-failed',
    summary: `cannot lock the repo ${repo}`,
    why,
    fix: 'make the repo writable, and install util-linux, which has flock',
  });
}
