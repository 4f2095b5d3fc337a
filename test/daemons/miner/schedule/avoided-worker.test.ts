import { describe, expect, it } from 'vitest';
import { decide } from '../../../../src/daemons/miner/schedule/decide.ts';
import { reasonText } from '../../../../src/daemons/miner/schedule/reason.ts';
import type { WorkerSnapshot } from '../../../../src/daemons/miner/schedule/snapshot.ts';
import { files, limit, policy, running, snapshot, task, worker } from './cluster.ts';

const layers = files('cache', 'sealed');
const [a, b] = [worker('a'), worker('b')];

/** Decides on a PC2 that failed on worker a, which has its files: where it goes, or why it waits. */
function pc2(workers: readonly WorkerSnapshot[], fetchable = true): string | string[] {
  const queued = task('PC2', {
    preferAvoid: [{ worker: 'a' }],
    need: { kind: 'holder', files: layers, fetchable },
    fetch: { files: layers, use: 'sealing', mode: 'move' },
  });
  const holders = { [queued.sector.Number]: [{ path: 'path-a', files: layers }] };
  const { assignments, explain } = decide(snapshot(workers, [queued], { holders }), policy);
  const why = () => explain(queued.id).map((each) => `${each.worker}: ${reasonText(each.reason)}`);
  return assignments[0]?.workerId ?? why();
}

describe('a task that failed on a worker', () => {
  it('goes to another that can take it, though the files lie where it failed', () => {
    expect(pc2([a, b])).toBe('b');
  });

  it('waits for another that is busy', () => {
    const busy = worker('b', { limits: limit('PC2', 1), active: [running(task('PC2'))] });
    expect(pc2([a, busy])).toEqual([
      'a: the task failed there and is tried elsewhere first',
      'b: PC2 is at its limit of 1',
    ]);
  });

  it('goes back where no other takes such tasks or is large enough, or only holders of its files may', () => {
    expect(pc2([a, worker('b', { tasks: new Set(['AP']) })])).toBe('a');
    const Resources = { ...b.info.Resources, MemPhysical: 2 ** 30 };
    expect(pc2([a, { ...b, info: { ...b.info, Resources } }])).toBe('a');
    expect(pc2([a, b], false)).toBe('a');
  });

  it('that starves does not keep a worker it avoids from being kept free for the next of its kind', () => {
    const now = policy.patienceMs + 2;
    const full = worker('a', { active: [running(task('PC2')), running(task('PC2'))] });
    const avoiding = task('C2', { queuedAt: 0, avoid: [{ worker: 'a' }] });
    const [next, young] = [task('C2', { queuedAt: 1 }), task('AP', { queuedAt: now })];
    const { assignments, explain } = decide(snapshot([full], [avoiding, next, young], { now }), policy);
    expect(assignments).toEqual([]);
    expect(explain(young.id)).toMatchObject([{ reason: { because: 'reserved-for', taskId: next.id } }]);
  });
});
