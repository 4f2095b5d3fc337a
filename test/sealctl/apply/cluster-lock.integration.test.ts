import { getEventListeners } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdClusterLock, type HeldLock } from '../../../src/sealctl/apply/lock/cluster-lock.ts';
import type { Clock } from '../../../src/core/async/clock.ts';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import type { FleetHost } from '../../../src/sealctl/observe/fleet.ts';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import { problemsOf } from '../ssh/reach.ts';
import { HandClock, LockHost } from './lock-host.ts';

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

async function hold(
  who: string,
  clock: Clock,
  machine: LockHost,
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

/** The problems by which a lock was lost. */
function lossOf({ lost }: HeldLock): ProblemError['problems'] {
  const reason: unknown = lost.reason;
  if (!(reason instanceof ProblemError)) throw new Error(`not lost by a problem: ${String(reason)}`);
  return reason.problems;
}

const anas = 'ana@desk (apply, since 2026-11-02T08:00:00.000Z)';
const lostLock = { code: 'cluster-lock-lost', severity: 'error', where: { in: 'host', host: 'miner-1' } };

describe('who asks for the cluster lock', () => {
  const taken = {
    code: 'cluster-locked',
    severity: 'error',
    summary: `the cluster is locked by ${anas}`,
    where: { in: 'host', host: 'miner-1' },
    why: expect.stringMatching(
      /^it was last renewed \d s ago; after 45 s without renewal the lock can be taken over$/,
    ),
    fix: 'wait for it; if that run has ended, run the same command with --break-lock',
  };

  test('is told who holds it', async () => {
    await hold('ana@desk', new HandClock(), new LockHost());
    expect(await problemsOf(hold('ben@desk', new HandClock(), new LockHost()))).toEqual([taken]);
  });

  test('is told that its holder cannot be known when its file is broken', async () => {
    mkdirSync(dirname(path));
    writeFileSync(path, '{"id":"id of a');
    expect(await problemsOf(hold('ben@desk', new HandClock(), new LockHost()))).toEqual([
      { ...taken, summary: 'the cluster is locked by an unknown holder (the lock cannot be read)' },
    ]);
  });

  test('takes it over from one who was silent for longer than 45 s, and is told so', async () => {
    const notices: string[] = [];
    await hold('ana@desk', new HandClock(), new LockHost(), { notices });
    expect(notices).toEqual([]);
    const minuteAgo = Date.now() / 1000 - 60;
    utimesSync(path, minuteAgo, minuteAgo);
    await hold('ben@desk', new HandClock(), new LockHost(), { notices });
    expect(notices).toEqual([
      expect.stringMatching(/^took over the lock of ana@desk \(apply, since .*\), not renewed for 6\d s$/),
    ]);
  });

  test('is told why it cannot be taken', async () => {
    writeFileSync(dirname(path), 'a file in place of the directory');
    expect(await problemsOf(hold('ana@desk', new HandClock(), new LockHost()))).toEqual([
      {
        code: 'lock-failed',
        severity: 'error',
        summary: 'could not take the cluster lock',
        where: { in: 'host', host: 'miner-1', path },
        why: expect.stringMatching(/^mkdir: .*\S$/),
        fix: 'fix the cause; nothing was changed',
      },
    ]);
  });
});

describe('who holds the cluster lock', () => {
  test('is told who took it, within one heartbeat', async () => {
    const clock = new HandClock();
    const first = await hold('ana@desk', clock, new LockHost());
    const second = await hold('ben@desk', new HandClock(), new LockHost(), { force: true });
    await clock.pass(10_000);
    await expect.poll(() => first.lost.aborted).toBe(true);
    expect(lossOf(first)).toEqual([
      {
        ...lostLock,
        summary: 'the cluster lock was taken by ben@desk (apply, since 2026-11-02T08:00:00.000Z)',
        fix: 'wait until the other run has ended, then run the same command again to resume',
      },
    ]);
    expect(clock.waiting).toBe(0);
    await first.release(never);
    expect(existsSync(path)).toBe(true);
    await second.release(never);
    expect(existsSync(path)).toBe(false);
  });

  test('is told that nobody holds it when its file is gone', async () => {
    const clock = new HandClock();
    const lock = await hold('ana@desk', clock, new LockHost());
    rmSync(path);
    await clock.pass(10_000);
    await expect.poll(() => lock.lost.aborted).toBe(true);
    expect(lossOf(lock)).toMatchObject([
      { ...lostLock, summary: 'the cluster lock was released or removed by someone else' },
    ]);
  });

  test('knows that it is lost 30 s after the last renewal while the host answers nothing, and not before', async () => {
    const clock = new HandClock();
    const machine = new LockHost();
    const lock = await hold('ana@desk', clock, machine);
    await clock.pass(10_000);
    await expect.poll(() => machine.answered).toBe(2);
    machine.hangs = true;
    await clock.pass(29_999);
    expect(lock.lost.aborted).toBe(false);
    await clock.pass(1);
    expect(lossOf(lock)).toEqual([
      {
        ...lostLock,
        summary: 'the cluster lock could not be renewed for 30 s',
        why: 'no answer',
        fix: 'find out why miner-1 does not answer, then run the same command again to resume',
      },
    ]);
    const released = lock.release(AbortSignal.abort());
    await clock.pass(2_000);
    await released;
  });

  test.each([
    {
      answer: 'fails',
      instead: { status: 1, stdout: Buffer.from(''), stderr: 'cat: Input/output error\n' },
      why: 'could not renew the cluster lock',
    },
    {
      answer: 'is none',
      instead: { status: 0, stdout: Buffer.from('Welcome to miner-1\n'), stderr: '' },
      why: 'Welcome to miner-1',
    },
  ])(
    'asks every two seconds once an answer $answer, and tells why when it is lost',
    async ({ instead, why }) => {
      const clock = new HandClock();
      const machine = new LockHost();
      const lock = await hold('ana@desk', clock, machine);
      machine.instead = instead;
      await clock.pass(29_999);
      // After 10 s, and then every two seconds.
      expect(machine.requests.length).toBe(1 + 10);
      await clock.pass(1);
      expect(lossOf(lock)).toMatchObject([{ ...lostLock, why }]);
    },
  );

  test('renews it every ten seconds again after one renewal failed', async () => {
    const clock = new HandClock();
    const machine = new LockHost();
    const lock = await hold('ana@desk', clock, machine);
    machine.instead = { status: 1, stdout: Buffer.from(''), stderr: '' };
    await clock.pass(10_000);
    machine.instead = { status: 0, stdout: Buffer.from('kept\n'), stderr: '' };
    await clock.pass(2_000);
    expect(machine.requests.length).toBe(3);
    await clock.pass(9_999);
    expect(machine.requests.length).toBe(3);
    await clock.pass(1);
    expect(machine.requests.length).toBe(4);
    expect(lock.lost.aborted).toBe(false);
  });

  test('keeps it as long as it is renewed, and asks for nothing more once it is released', async () => {
    const clock = new HandClock();
    const machine = new LockHost();
    const lock = await hold('ana@desk', clock, machine);
    for (let beat = 1; beat <= 4; beat += 1) {
      await clock.pass(10_000);
      await expect.poll(() => machine.answered).toBe(1 + beat);
    }
    expect(lock.lost.aborted).toBe(false);
    await lock.release(never);
    expect(existsSync(path)).toBe(false);
    await clock.pass(60_000);
    expect(lock.lost.aborted).toBe(false);
    expect(clock.waiting).toBe(0);
    const renewal = ['renew the cluster lock', 10_000];
    expect(machine.requests.map(({ step, timeoutMs }) => [step, timeoutMs])).toEqual([
      ['take the cluster lock', 30_000],
      renewal,
      renewal,
      renewal,
      renewal,
      ['release the cluster lock', 30_000],
    ]);
  });
});

describe('releasing the cluster lock', () => {
  test('breaks off a renewal that hangs', async () => {
    const clock = new HandClock();
    const machine = new LockHost();
    const lock = await hold('ana@desk', clock, machine);
    machine.hangs = true;
    await clock.pass(10_000);
    machine.hangs = false;
    await lock.release(never);
    expect(machine.requests[1]?.signal?.aborted).toBe(true);
  });

  test('waits two seconds in a hurry for a host that hangs, and tells when the lock goes stale', async () => {
    const clock = new HandClock();
    const machine = new LockHost();
    const notices: string[] = [];
    const hurry = new AbortController();
    const lock = await hold('ana@desk', clock, machine, { notices });
    machine.hangs = true;
    const released = lock.release(hurry.signal);
    await clock.pass(20_000);
    hurry.abort();
    await clock.pass(1_999);
    expect(notices).toEqual([]);
    await clock.pass(1);
    await released;
    expect(notices).toEqual([
      'cannot release the cluster lock on miner-1: broken off; it expires within 45 s',
    ]);
  });

  test('tells that it failed', async () => {
    const machine = new LockHost();
    const notices: string[] = [];
    const lock = await hold('ana@desk', new HandClock(), machine, { notices });
    machine.instead = { status: 1, stdout: Buffer.from(''), stderr: '' };
    await lock.release(never);
    expect(notices).toEqual([
      'cannot release the cluster lock on miner-1: could not release the cluster lock; it expires within 45 s',
    ]);
  });

  test('leaves nothing behind that waits, in a hurry or not', async () => {
    const clock = new HandClock();
    const idle = new AbortController();
    const first = await hold('ana@desk', clock, new LockHost());
    await first.release(idle.signal);
    expect(getEventListeners(idle.signal, 'abort')).toEqual([]);
    const second = await hold('ana@desk', clock, new LockHost());
    await second.release(AbortSignal.abort());
    expect(clock.waiting).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});
