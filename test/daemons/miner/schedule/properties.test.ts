import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { times } from '../../../projects/times.ts';
import { decide } from '../../../../src/daemons/miner/schedule/decide.ts';
import type { WaitReason } from '../../../../src/daemons/miner/schedule/reason.ts';
import type { WorkerSnapshot } from '../../../../src/daemons/miner/schedule/snapshot.ts';
import { cluster } from './arbitrary-cluster.ts';
import { oracleOf, type Refusal } from './oracle.ts';

/** The rules, one of which a reason must come from; none where it is the scheduler's own choice. */
const rulesOf: Readonly<Record<WaitReason['because'], readonly Refusal[]>> = {
  disabled: ['disabled'],
  'not-accepted': ['not-accepted'],
  avoided: ['avoided', 'prefer-avoided'],
  paused: ['paused'],
  locked: ['locked'],
  limit: ['limit'],
  'too-small': ['machine'],
  busy: ['machine'],
  'not-holder': ['not-holder'],
  'no-path': ['path'],
  'no-free-space': ['path'],
  'path-away': ['path'],
  group: ['path'],
  'data-elsewhere': [],
  'reserved-for': [],
};

describe('a decision', () => {
  it('a decision gives a worker only tasks that every rule of machines, paths, groups and sectors allows', () => {
    fc.assert(
      fc.property(cluster, ({ snapshot, policy }) => {
        const oracle = oracleOf(snapshot, policy);
        expect(decide(snapshot, policy).assignments.flatMap(oracle.follow)).toEqual([]);
      }),
      { numRuns: times(300) },
    );
  });

  it('a decision has a true reason for every waiting task and every worker', () => {
    fc.assert(
      fc.property(cluster, ({ snapshot, policy }) => {
        const oracle = oracleOf(snapshot, policy);
        const decision = decide(snapshot, policy);
        for (const assignment of decision.assignments) oracle.follow(assignment);
        const given = new Set(decision.assignments.map(({ taskId }) => taskId));
        // Only a task that has starved longer than the patience keeps others away, and only where it waits for nothing but room.
        const isHeldFor = (taskId: string, worker: WorkerSnapshot): boolean => {
          const starving = snapshot.queue.find(({ id }) => id === taskId);
          if (starving === undefined || given.has(taskId)) return false;
          const waits = oracle.refusals(starving, worker);
          return (
            snapshot.now - starving.queuedAt > policy.patienceMs &&
            waits.some((refusal) => refusal === 'limit' || refusal === 'machine')
          );
        };
        for (const task of snapshot.queue) {
          const reasons = decision.explain(task.id);
          expect(reasons.map(({ workerId }) => workerId)).toEqual(
            given.has(task.id) ? [] : snapshot.workers.map(({ id }) => id),
          );
          const untrue = reasons.filter(({ reason }, index) => {
            const worker = snapshot.workers[index]!;
            const refusals = oracle.refusals(task, worker);
            if (reason.because === 'reserved-for') return !isHeldFor(reason.taskId, worker);
            if (reason.because === 'data-elsewhere') return refusals.length > 0;
            return !refusals.some((refusal) => rulesOf[reason.because].includes(refusal));
          });
          expect(untrue).toEqual([]);
        }
      }),
      { numRuns: times(300) },
    );
  });

  it('a decision does not depend on the order of the queue', () => {
    fc.assert(
      fc.property(cluster, fc.nat(), ({ snapshot, policy }, turn) => {
        const { queue } = snapshot;
        const turned = queue.map((_, index) => queue[(index + turn) % queue.length]!);
        expect(decide({ ...snapshot, queue: turned }, policy).assignments).toEqual(
          decide(snapshot, policy).assignments,
        );
      }),
    );
  });
});
