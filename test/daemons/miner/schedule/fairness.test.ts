import { expect, it } from 'vitest';
import { kindOf } from '../../../../src/daemons/miner/schedule/order.ts';
import { fairnessOf } from '../../../../src/daemons/miner/schedule/fairness.ts';
import { policy, snapshot, task } from './cluster.ts';

const { patienceMs } = policy;
const now = 3 * patienceMs;
const overdue = task('PC1', { queuedAt: patienceMs });

/** Whether the overdue task starves when one that was queued at `queuedAt` ended at `endedAt`. */
function starves(queuedAt: number, endedAt: number): boolean {
  const ended = new Map([[kindOf(overdue), [{ queuedAt, endedAt }]]]);
  return fairnessOf(snapshot([], [overdue], { now, ended }), [overdue], patienceMs).starving.includes(
    overdue,
  );
}

it('a task that waited too long starves only if none of its kind that waited as long ended within the patience', () => {
  expect(starves(overdue.queuedAt, now - patienceMs)).toBe(false);
  expect(starves(overdue.queuedAt, now - patienceMs - 1)).toBe(true);
});

it('an ended task that was younger does not end the starvation of its kind', () => {
  expect(starves(overdue.queuedAt + 1, now)).toBe(true);
});
