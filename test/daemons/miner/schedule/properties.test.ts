import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { times } from '../../../projects/times.ts';
import { sectorName } from '../../../../src/core/lotus/sector-file.ts';
import { decide } from '../../../../src/daemons/miner/schedule/decide.ts';
import type { WaitReason } from '../../../../src/daemons/miner/schedule/reason.ts';
import type { QueuedTask, WorkerSnapshot } from '../../../../src/daemons/miner/schedule/snapshot.ts';
import { cluster, type Cluster } from './arbitrary-cluster.ts';
import { oracleOf, type Oracle, type Refusal } from './oracle.ts';
import { heldFor, holdsIn, isStarving, starvingIn } from './starving.ts';

/** The rules, one of which a reason must come from; none where it is the scheduler's own choice. */
const rulesOf: Readonly<Record<WaitReason['because'], readonly Refusal[]>> = {
  disabled: ['disabled'],
  'not-accepted': ['not-accepted'],
  avoided: ['avoided', 'prefer-avoided'],
  paused: ['paused'],
  locked: ['locked'],
  limit: ['limit'],
  'too-small': ['too-small'],
  busy: ['machine'],
  'not-holder': ['not-holder'],
  'no-path': ['path'],
  'no-free-space': ['path'],
  'path-away': ['path'],
  group: ['path'],
  'data-elsewhere': [],
  'reserved-for': [],
};

/** What a decision on a cluster comes to: reasons to wait, and what the properties below judge apart from reasons. */
function outcomesOf(tried: Cluster): ReadonlySet<string> {
  const { assignments, explain } = decide(tried.snapshot, tried.policy);
  const reasons = tried.snapshot.queue.flatMap(({ id }) => explain(id));
  return new Set([
    ...reasons.map(({ reason }) => reason.because),
    ...(assignments.length > 1 ? ['several assignments'] : []),
    ...(assignments.some(({ moveBytes }) => moveBytes > 0) ? ['files moved'] : []),
    ...(assignments.some(({ reservations }) => reservations.length > 1) ? ['several paths'] : []),
    ...(holdsIn(tried.snapshot, { assignments, explain }).length > 1 ? ['several workers kept free'] : []),
  ]);
}

it('the clusters that decisions are tried on reach every outcome of a decision', () => {
  const clusters = fc.sample(cluster, { seed: 1, numRuns: 100 });
  const outcomes = clusters.map(outcomesOf);
  const count = (outcome: string): number => outcomes.filter((each) => each.has(outcome)).length;
  const others = ['several assignments', 'files moved', 'several paths', 'several workers kept free'];
  const never = [...Object.keys(rulesOf), ...others].filter((outcome) => count(outcome) === 0);
  expect(never).toEqual([]);
  expect(count('reserved-for')).toBeGreaterThanOrEqual(5);
  // Costly to find out, and more common among later ones.
  expect(clusters.slice(-30).filter((tried) => starvingIn(tried).length > 0).length).toBeGreaterThan(1);
});

/** Whether a task lacks room on a worker. By the end of a decision other causes may have been added. */
function lacksRoom(oracle: Oracle, task: QueuedTask, worker: WorkerSnapshot | undefined): boolean {
  if (worker === undefined) return false;
  return oracle.refusals(task, worker).some((refusal) => refusal === 'limit' || refusal === 'machine');
}

describe('a decision', () => {
  it('a decision gives a worker only tasks that every rule of machines, paths, groups and sectors allows', () => {
    fc.assert(
      fc.property(cluster, (tried) => {
        const { snapshot, policy } = tried;
        const oracle = oracleOf(
          snapshot,
          policy,
          (task, worker) => heldFor(task, worker, tried) !== undefined,
        );
        expect(decide(snapshot, policy).assignments.flatMap(oracle.follow)).toEqual([]);
      }),
      { numRuns: times(300) },
    );
  });

  it('a decision has a true reason for every waiting task and every worker', () => {
    fc.assert(
      fc.property(cluster, ({ snapshot, policy }) => {
        const [begun, oracle] = [oracleOf(snapshot, policy), oracleOf(snapshot, policy)];
        const decision = decide(snapshot, policy);
        for (const assignment of decision.assignments) oracle.follow(assignment);
        const given = new Set(decision.assignments.map(({ taskId }) => taskId));
        const isHeldFor = (taskId: string, worker: WorkerSnapshot): boolean => {
          const starving = snapshot.queue.find(({ id }) => id === taskId);
          if (starving === undefined || given.has(taskId)) return false;
          return isStarving(starving, { snapshot, policy }) && lacksRoom(oracle, starving, worker);
        };
        const isSooner = (task: QueuedTask, reason: WaitReason & { because: 'data-elsewhere' }): boolean => {
          const holder = snapshot.workers.find(({ name }) => name === reason.worker);
          const held = snapshot.storage.holders.get(sectorName(task.sector)) ?? [];
          return (
            held.some(({ path }) => holder?.paths.includes(path)) &&
            lacksRoom(oracle, task, holder) &&
            reason.waitMs < reason.moveMs
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
            if (reason.because === 'reserved-for')
              return reason.taskId === task.id || !isHeldFor(reason.taskId, worker);
            // A task of the same sector that was given after this one was left to wait may lock its files.
            if (reason.because === 'data-elsewhere')
              return refusals.some((refusal) => refusal !== 'locked') || !isSooner(task, reason);
            // The worker that such a task could have instead may have lost its space by the end of the decision.
            const all = reason.because === 'avoided' ? begun.refusals(task, worker) : refusals;
            return !all.some((refusal) => rulesOf[reason.because].includes(refusal));
          });
          expect(untrue).toEqual([]);
        }
      }),
      { numRuns: times(300) },
    );
  });

  it('a decision keeps a worker free for one task, and one worker for a task', () => {
    fc.assert(
      fc.property(cluster, ({ snapshot, policy }) => {
        const holds = holdsIn(snapshot, decide(snapshot, policy));
        expect(new Set(holds.map(({ worker }) => worker)).size).toBe(holds.length);
        expect(new Set(holds.map(({ taskId }) => taskId)).size).toBe(holds.length);
      }),
      { numRuns: times(300) },
    );
  });

  it('a decision keeps a worker free for a starving task that lacks nothing but memory, threads or GPUs there', () => {
    fc.assert(
      fc.property(cluster, (tried) => {
        expect(starvingIn(tried).filter(({ isHeld }) => !isHeld)).toEqual([]);
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
      { numRuns: times(300) },
    );
  });
});
