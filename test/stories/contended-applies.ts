import { describe, expect, it } from 'vitest';
import { environmentOf, expectRound, restartNeeded, saidBy, workerService } from './faults.ts';
import { lockLies } from './interrupted-applies.ts';
import type { Stage } from './stage.ts';

const soon = { timeout: 60_000, interval: 50 };

/** Two people who change one cluster. */
export function contendedApplyStories(stage: Stage): void {
  const setHealthyFor = (healthyFor: string) =>
    stage.cluster.edit((draft) => {
      draft.rollout = { maxUnavailable: 1, healthyFor };
    });

  describe('an apply that waits for an answer', () => {
    it('is refused with what changed meanwhile, and leaves a host alone that somebody else has drained', async () => {
      const { ground } = stage;
      setHealthyFor('1s');
      const round = restartNeeded(stage, ['worker-1']);
      const terminal = ground.terminal('apply');
      await expect.poll(terminal.shown, soon).toContain('Apply this plan?');
      const drained = await ground.sealctl('drain', 'worker-1', '--reason=replace NVMe');
      expect(drained.code, drained.out + drained.err).toBe(0);
      terminal.type('yes\r');
      expect(await terminal.ended, terminal.shown()).toBe(1);
      const shown = terminal.shown().replaceAll(/\s+/g, ' ');
      expect(shown).toContain('the plan is no longer what would be done: nothing was changed');
      expect(shown).toContain('worker-1 has changed');
      expect(await ground.pid('worker-1', workerService)).toBeUndefined();
      expect(await lockLies(ground)).toBe(false);
      const back = await ground.sealctl('undrain', 'worker-1');
      expect(back.code, back.out + back.err).toBe(0);
      await expectRound(ground, ['worker-1'], round);
    });
  });

  describe('an apply whose lock somebody breaks', () => {
    it('says who took it, begins no other host, and fails', async () => {
      const { ground } = stage;
      // Both must still hold something when the first one next asks for its lock.
      setHealthyFor('25s');
      const round = restartNeeded(stage, ['worker-1', 'worker-2']);
      const first = ground.start('apply', '--yes');
      await saidBy(first, /^worker-1: step \d+: stop sealctl-worker-main: done/m);
      const second = ground.start('apply', '--yes', '--host=worker-2', '--break-lock');
      const { code, out, err } = await first.ended;
      second.signal('SIGINT');
      const other = await second.ended;
      expect(code, out + err).toBe(1);
      expect(out).toMatch(
        /^not begun because the cluster lock was taken by \S+@\S+ \(apply, since \S+\): worker-2$/m,
      );
      expect(err.replaceAll(/\s+/g, ' ')).toMatch(
        /the cluster lock was taken by \S+@\S+ \(apply, since \S+\)/,
      );
      expect(other.err).toMatch(/^took over the lock of \S+@\S+ \(apply, since \S+\), silent for \d+ s$/m);
      expect(await environmentOf(ground, 'worker-1')).toContain(`FAULT_ROUND=${round}`);
      expect(await lockLies(ground)).toBe(false);
      setHealthyFor('1s');
      await expectRound(ground, ['worker-1', 'worker-2'], round);
    });
  });
}
