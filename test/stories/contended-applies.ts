import { describe, expect, it } from 'vitest';
import { environmentOf, expectRound, restartNeeded, saidBy, workerService } from './faults.ts';
import { lockLies } from './interrupted-applies.ts';
import type { Fixture } from './fixture.ts';

const soon = { timeout: 60_000, interval: 50 };

/** Two people who change one cluster. */
export function contendedApplyStories(fixture: Fixture): void {
  const setHealthyFor = (healthyFor: string) =>
    fixture.cluster.edit((draft) => {
      draft.rollout = { maxUnavailable: 1, healthyFor };
    });

  describe('an apply that waits for an answer', () => {
    it('an apply that waited for its answer is refused with what changed, and skips a host drained meanwhile', async () => {
      const { testbed } = fixture;
      setHealthyFor('1s');
      const round = restartNeeded(fixture, ['worker-1']);
      const terminal = testbed.terminal('apply');
      await expect.poll(terminal.shown, soon).toContain('Apply this plan?');
      const drained = await testbed.sealctl('drain', 'worker-1', '--reason=replace NVMe');
      expect(drained.code, drained.out + drained.err).toBe(0);
      terminal.type('yes\r');
      expect(await terminal.ended, terminal.shown()).toBe(1);
      const shown = terminal.shown().replaceAll(/\s+/g, ' ');
      expect(shown).toContain('the plan is out of date; nothing was changed');
      expect(shown).toContain('worker-1 has changed');
      expect(await testbed.pid('worker-1', workerService)).toBeUndefined();
      expect(await lockLies(testbed)).toBe(false);
      const back = await testbed.sealctl('undrain', 'worker-1');
      expect(back.code, back.out + back.err).toBe(0);
      await expectRound(testbed, ['worker-1'], round);
    });
  });

  describe('an apply whose lock somebody breaks', () => {
    it('an apply whose lock was broken names who took it, starts no other host, and fails', async () => {
      const { testbed } = fixture;
      // Both must still hold something when the first one next asks for its lock.
      setHealthyFor('25s');
      const round = restartNeeded(fixture, ['worker-1', 'worker-2']);
      const first = testbed.start('apply', '--yes');
      await saidBy(first, /^worker-1: step \d+: stop sealctl-worker-main: done/m);
      const second = testbed.start('apply', '--yes', '--host=worker-2', '--break-lock');
      const { code, out, err } = await first.ended;
      second.signal('SIGINT');
      const other = await second.ended;
      expect(code, out + err).toBe(1);
      expect(out).toMatch(
        /^not started \(the cluster lock was taken by \S+@\S+ \(apply, since \S+\)\): worker-2$/m,
      );
      expect(err.replaceAll(/\s+/g, ' ')).toMatch(
        /the cluster lock was taken by \S+@\S+ \(apply, since \S+\)/,
      );
      expect(other.err).toMatch(
        /^took over the lock of \S+@\S+ \(apply, since \S+\), not renewed for \d+ s$/m,
      );
      expect(await environmentOf(testbed, 'worker-1')).toContain(`FAULT_ROUND=${round}`);
      expect(await lockLies(testbed)).toBe(false);
      setHealthyFor('1s');
      await expectRound(testbed, ['worker-1', 'worker-2'], round);
    });
  });
}
