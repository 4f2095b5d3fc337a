import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdClusterLock, type HeldLock } from '../../../src/sealctl/apply/lock/cluster-lock.ts';
import type { Clock } from '../../../src/core/async/clock.ts';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import type { FleetHost } from '../../../src/sealctl/observe/fleet.ts';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import type { ExecRequest, ExecResult, HostConnection } from '../../../src/sealctl/ssh/connection.ts';

let host: FleetHost;
let path: string;
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'cluster-lock-'));
  const ssh = { become: 'none', hostKeys: 'strict', transport: 'ssh2' } as const;
  host = { name: 'miner-1', address: '127.0.0.1', services: 'supervisor', root, ssh };
  path = layoutOf(host).lock;
});
afterEach(() => rmSync(host.root, { recursive: true }));

const never = new AbortController().signal;

/** Time that passes only when it is told to. */
class HandClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  readonly now = (): number => this.#now;

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason as Error);
      };
      const wake = (): void => {
        signal.removeEventListener('abort', end);
        resolve();
      };
      const sleeper = { until: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });

  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    while (this.#now < until) {
      this.#now = Math.min(until, ...[...this.#sleepers].map((sleeper) => sleeper.until));
      for (const sleeper of this.#sleepers) {
        if (sleeper.until > this.#now) continue;
        this.#sleepers.delete(sleeper);
        sleeper.wake();
      }
      await turn();
    }
  }
}

/** A host that is this machine, until it hangs. */
class Host {
  hangs = false;
  calls = 0;
  answered = 0;

  readonly connection = (): Promise<HostConnection> =>
    Promise.resolve({ exec: this.#exec } as HostConnection);

  readonly #exec = ({ argv, signal }: ExecRequest): Promise<ExecResult> =>
    new Promise((resolve, reject) => {
      this.calls += 1;
      const breakOff = (): void => reject(new Error('broken off'));
      signal?.addEventListener('abort', breakOff);
      if (this.hangs) return;
      const [program = '', ...words] = argv;
      execFile(program, words, (error, stdout, stderr) => {
        this.answered += 1;
        signal?.removeEventListener('abort', breakOff);
        const status = error === null ? 0 : Number(error.code);
        resolve({ status, stdout: Buffer.from(stdout), stderr });
      });
    });
}

async function hold(
  who: string,
  clock: Clock,
  machine: Host,
  more: { readonly force?: boolean; readonly notices?: string[] } = {},
): Promise<HeldLock> {
  const lock = { id: `id of ${who}`, who, operation: 'apply', since: '2026-11-02T08:00:00.000Z' };
  return holdClusterLock(host, machine.connection, {
    lock,
    clock,
    force: more.force ?? false,
    notice: (text) => void more.notices?.push(text),
  });
}

function problemOf(lock: HeldLock) {
  const reason: unknown = lock.lost.reason;
  if (!(reason instanceof ProblemError)) throw new Error(`not lost by a problem: ${String(reason)}`);
  return reason.problems[0];
}

describe('who holds the cluster lock', () => {
  test('is told who took it, within one heartbeat', async () => {
    const clock = new HandClock();
    const anas = await hold('ana@desk', clock, new Host());
    const bens = await hold('ben@desk', new HandClock(), new Host(), { force: true });
    await clock.pass(10_000);
    await expect.poll(() => anas.lost.aborted).toBe(true);
    expect(problemOf(anas)).toMatchObject({
      code: 'cluster-lock-lost',
      summary: 'the cluster lock was taken by ben@desk (apply, since 2026-11-02T08:00:00.000Z)',
    });
    await anas.release(never);
    expect(existsSync(path)).toBe(true);
    await bens.release(never);
    expect(existsSync(path)).toBe(false);
  });

  test('knows that it is lost 30 s after the last renewal while the host answers nothing, and not before', async () => {
    const clock = new HandClock();
    const machine = new Host();
    const lock = await hold('ana@desk', clock, machine);
    await clock.pass(10_000);
    await expect.poll(() => machine.answered).toBe(2);
    machine.hangs = true;
    await clock.pass(29_999);
    expect(lock.lost.aborted).toBe(false);
    await clock.pass(1);
    expect(problemOf(lock)?.summary).toBe('the cluster lock could not be renewed for 30 s');
    const released = lock.release(AbortSignal.abort());
    await clock.pass(2_000);
    await released;
  });

  test('keeps it as long as it is renewed', async () => {
    const clock = new HandClock();
    const machine = new Host();
    const lock = await hold('ana@desk', clock, machine);
    for (let beat = 1; beat <= 12; beat += 1) {
      await clock.pass(10_000);
      await expect.poll(() => machine.answered).toBe(1 + beat);
    }
    expect(lock.lost.aborted).toBe(false);
    await lock.release(never);
    expect(existsSync(path)).toBe(false);
  });

  test('who is in a hurry waits two seconds for a host that hangs, and is told when the lock goes stale', async () => {
    const clock = new HandClock();
    const machine = new Host();
    const notices: string[] = [];
    const hurry = new AbortController();
    const lock = await hold('ana@desk', clock, machine, { notices });
    machine.hangs = true;
    const released = lock.release(hurry.signal);
    await expect.poll(() => machine.calls).toBe(2);
    hurry.abort();
    await clock.pass(2_000);
    await released;
    expect(notices).toEqual([
      'cannot release the cluster lock on miner-1: broken off; it expires within 45 s',
    ]);
  });
});
