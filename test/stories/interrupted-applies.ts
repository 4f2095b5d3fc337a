import { describe, expect, it } from 'vitest';
import { expectRound, restartNeeded, saidBy } from './faults.ts';
import type { Testbed } from './testbed.ts';
import type { Fixture } from './fixture.ts';

const workers = ['worker-1', 'worker-2'];
const stopped = /^worker-1: step \d+: stop sealctl-worker-main: done/m;
/** Far below what a host that hangs is waited for. */
const atOnceMs = 10_000;

/** A host that takes what is sent to it and answers nothing. */
export interface Silence {
  readonly begin: (host: string) => Promise<void>;
  readonly end: (host: string) => Promise<void>;
}

/** An apply that is interrupted by whoever started it. */
export function interruptedApplyStories(fixture: Fixture, silence: Silence): void {
  const setRollout = (maxUnavailable: number, healthyFor: string) =>
    fixture.cluster.edit((draft) => {
      draft.rollout = { maxUnavailable, healthyFor };
    });

  describe('an apply that is interrupted once', () => {
    it.each(['SIGINT', 'SIGHUP'] as const)(
      'an apply interrupted by %s finishes the running step, reports the rest and frees the lock; the next apply resumes',
      async (signal) => {
        const { testbed } = fixture;
        setRollout(1, '10s');
        const round = restartNeeded(fixture, workers);
        const running = testbed.start('apply', '--yes');
        await saidBy(running, stopped);
        running.signal(signal);
        const { code, out, err } = await running.ended;
        expect(code, out + err).toBe(1);
        expect(err).toContain('Interrupted: stopping after the running step.');
        expect(err).toMatch(/^worker-1: interrupted after \d+ of \d+ steps$/m);
        expect(err).toMatch(/^not started: worker-2$/m);
        expect(err).toContain('Run `sealctl apply` again');
        expect(out).toMatch(/^not started \(the apply was interrupted\): worker-2$/m);
        expect(out).not.toContain('FAILED');
        expect(await lockLies(testbed)).toBe(false);
        setRollout(2, '1s');
        await expectRound(testbed, workers, round);
      },
    );
  });

  describe('an apply that is interrupted twice', () => {
    it('an apply interrupted twice ends at once although a host hangs, frees the lock, and the next apply finishes it', async () => {
      const { testbed } = fixture;
      setRollout(2, '1s');
      const round = restartNeeded(fixture, workers);
      const running = testbed.start('apply', '--yes');
      await saidBy(running, stopped);
      await silence.begin('worker-1');
      try {
        running.signal('SIGINT');
        await expect
          .poll(running.warned, { timeout: 30_000 })
          .toContain('Press Ctrl-C again to stop at once.');
        const began = performance.now();
        running.signal('SIGINT');
        const { code, out, err } = await running.ended;
        expect(performance.now() - began).toBeLessThan(atOnceMs);
        expect(code, out + err).toBe(1);
        // In words that depend on whether the host fell silent in a step or while one was waited for.
        expect(out + err).toMatch(/worker-1.*interrupted/);
        expect(await lockLies(testbed)).toBe(false);
      } finally {
        await silence.end('worker-1');
      }
      await expectRound(testbed, workers, round);
    });

    it('an apply interrupted twice ends at once although the host of the lock hangs, and says that the lock stays until it is stale', async () => {
      const { testbed } = fixture;
      const round = restartNeeded(fixture, workers);
      const running = testbed.start('apply', '--yes');
      await saidBy(running, stopped);
      await silence.begin('miner-1');
      try {
        running.signal('SIGINT');
        await expect
          .poll(running.warned, { timeout: 30_000 })
          .toContain('Press Ctrl-C again to stop at once.');
        const began = performance.now();
        running.signal('SIGINT');
        const { code, out, err } = await running.ended;
        expect(performance.now() - began).toBeLessThan(atOnceMs);
        expect(code, out + err).toBe(1);
        expect(err).toMatch(/^cannot release the cluster lock on miner-1: .+ expires within 45 s$/m);
      } finally {
        await silence.end('miner-1');
      }
      await expectRound(testbed, workers, round, '--break-lock');
    });
  });
}

/** Whether the cluster's lock is held. */
export async function lockLies(testbed: Testbed): Promise<boolean> {
  return (await testbed.exec('miner-1', ['test', '-e', testbed.layout('miner-1').lock])).code === 0;
}
