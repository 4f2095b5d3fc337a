import { describe, expect, test } from 'vitest';
import { drainWorkers } from '../../../src/sealctl/apply/cordon/drain-workers.ts';
import type { WorkerLink } from '../../../src/sealctl/apply/cordon/worker-operations.ts';

const job = { Task: 'seal/v0/precommit/1', RunWait: 0, Sector: { Miner: 1000, Number: 4 }, Hostname: 'w' };

interface Script {
  /** The worker's session a second after the other; undefined while it does not answer. */
  readonly session: (second: number) => string | undefined;
  readonly jobs: (second: number) => readonly unknown[];
}

/** A worker with a script, beside a miner: what was called, and how many seconds the wait took. */
async function stand({
  session,
  jobs,
}: Script): Promise<{ readonly calls: string[]; readonly took: number }> {
  let now = 0;
  const calls: string[] = [];
  const second = () => Math.floor(now / 1000);
  const worker = (method: string): unknown => {
    const present = session(second());
    if (present === undefined) throw new Error('connection refused');
    if (method === 'ProcessSession') return present;
    calls.push(method);
    return method === 'TaskTypes' ? { [job.Task]: {} } : undefined;
  };
  const miner = (method: string): unknown => {
    if (method === 'WorkerStats') return { s: { Info: { Hostname: 'w' }, Enabled: true } };
    return method === 'WorkerJobs' ? { s: jobs(second()) } : [];
  };
  const call = (answer: (method: string) => unknown) => ({
    call: (method: string) => Promise.resolve().then(() => answer(method)),
  });
  const link = {
    host: 'h',
    label: 'w',
    worker: call(worker),
    miner: call(miner),
    actor: 'f01000',
    clock: {
      now: () => now,
      sleep: (ms: number) => {
        now += ms;
        return Promise.resolve();
      },
    },
  } as unknown as WorkerLink;
  const context = { signal: new AbortController().signal, progress: () => undefined };
  await drainWorkers([{ link, timeoutMs: 60_000 }], context);
  return { calls, took: second() };
}

describe('before a worker is stopped to roll back', () => {
  test('it is cordoned, and what it does is waited for', async () => {
    const { calls, took } = await stand({ session: () => 's', jobs: (at) => (at < 20 ? [job] : []) });
    expect(calls).toEqual(['TaskTypes', 'TaskDisable']);
    expect(took).toBe(20);
  });

  test('it is waited for no longer than drainTimeout', async () => {
    await expect(stand({ session: () => 's', jobs: () => [job] })).rejects.toThrow(/longer than 60 s/);
  });

  test('one that does not answer is not waited for', async () => {
    const { calls } = await stand({ session: () => undefined, jobs: () => [job] });
    expect(calls).toEqual([]);
  });

  test('one that restarts itself meanwhile is not waited for: what it did is lost', async () => {
    const { took } = await stand({ session: (at) => (at < 5 ? 's' : 't'), jobs: () => [job] });
    expect(took).toBe(5);
  });

  test('one that misses an answer is still waited for', async () => {
    const session = (at: number) => (at === 5 ? undefined : 's');
    const { took } = await stand({ session, jobs: (at) => (at < 20 ? [job] : []) });
    expect(took).toBe(20);
  });
});
