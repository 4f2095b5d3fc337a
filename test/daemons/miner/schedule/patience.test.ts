import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { times } from '../../../projects/times.ts';
import type { ResourceTable } from '../../../../src/core/lotus/resource-table.ts';
import type { QueuedTask, WorkerSnapshot } from '../../../../src/daemons/miner/schedule/snapshot.ts';
import { GiB, limit, policy, task, worker } from './cluster.ts';
import { runWorld, type World } from './virtual-time.ts';

const hour = 3_600_000;

function machine(
  id: string,
  cpus: number,
  memory: number,
  gpus: number,
  limits?: ResourceTable,
): WorkerSnapshot {
  const base = worker(id, limits === undefined ? {} : { limits });
  const GPUs = Array.from({ length: gpus }, () => 'gpu');
  const Resources = { ...base.info.Resources, CPUs: cpus, MemPhysical: memory * GiB, GPUs };
  return { ...base, info: { ...base.info, Resources } };
}

describe('a backlog of PC1 that is older than the patience', () => {
  const backlog = (workers: readonly WorkerSnapshot[], pc1Hours: number, patienceMs: number): World => ({
    policy: { ...policy, patienceMs },
    workers,
    ticks: 80,
    tick: hour / 2,
    arrivals: (now) =>
      now > 0
        ? []
        : Array.from({ length: 200 * workers.length }, (_, Number) =>
            task('PC1', { sector: { Miner: 1000, Number } }),
          ),
    // They do not end all at once.
    lasts: ({ task: code, sector }) =>
      code === 'PC1' ? pc1Hours * hour + (sector.Number % 7) * (hour / 2) : hour / 2,
    next: ({ task: code, sector }, queuedAt) => (code === 'PC1' ? [task('PC2', { sector, queuedAt })] : []),
  });
  const pc2Of = (world: World): number =>
    runWorld(world).ended.filter(({ task: code }) => code === 'PC2').length;

  it('an old backlog of PC1 leaves PC2 nearly the throughput that it has without patience', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(80, 160, 512),
        fc.constantFrom(0, 1, 2),
        fc.integer({ min: 1, max: 2 }),
        fc.integer({ min: 2, max: 5 }),
        (memory, gpus, machines, pc1Hours) => {
          const workers = Array.from({ length: machines }, (_, at) => machine(`w${at}`, 64, memory, gpus));
          const plain = pc2Of(backlog(workers, pc1Hours, Infinity));
          expect(plain).toBeGreaterThan(0);
          const ours = pc2Of(backlog(workers, pc1Hours, hour));
          expect(ours).toBeGreaterThanOrEqual(0.9 * plain - 1);
        },
      ),
      { numRuns: times(12) },
    );
  });
});

describe('no task starves', () => {
  it('no task starves when a stream of tasks that Lotus puts first never ends', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('utilization', 'spread', 'experiment-spread-tasks-qcount', 'experiment-random'),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        (assigner, machines, lasts) => {
          const big = task('C2');
          const workers = Array.from({ length: machines }, (_, at) => machine(`w${at}`, 64, 200, 0));
          const { started } = runWorld({
            policy: { ...policy, assigner, patienceMs: 20 },
            workers,
            ticks: 20 + 3 * lasts + 5,
            arrivals: (now) => [
              ...(now === 0 ? [big] : []),
              ...workers.flatMap(() => [urgent(now), urgent(now)]),
            ],
            lasts: () => lasts,
          });
          expect(started.get(big.id)).toBeDefined();
        },
      ),
    );
  });

  it('no task starves that came while there was less work than the machines can do', () => {
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 1, maxLength: 60 }), fc.nat({ max: 2 }), (comers, gpus) => {
        const workers = [machine('a', 64, 256, gpus), machine('b', 32, 256, 0, limit('PC1', 1))];
        const sent = comers.map(({ code, priority, at }) => ({
          at,
          // Of the kind of the stream there is more than can ever be done.
          task: task(code, { priority: code === 'PC1' ? 0 : priority, queuedAt: at }),
        }));
        const { started } = runWorld({
          policy: { ...policy, patienceMs: 20 },
          workers,
          ticks: 100 + 20 + comers.length * 25,
          arrivals: (now) => [
            ...sent.filter(({ at }) => at === now).map((each) => each.task),
            // More of what goes first than there is capacity for.
            urgent(now),
            urgent(now),
          ],
          lasts: () => 3,
        });
        expect(sent.filter((each) => !started.has(each.task.id))).toEqual([]);
      }),
      { numRuns: times(15) },
    );
  });
});

const arrival = fc.record({
  code: fc.constantFrom('AP', 'PC1', 'PC2', 'C2', 'RU', 'UNS'),
  priority: fc.constantFrom(0, 1024),
  at: fc.nat({ max: 100 }),
});

/** A sector with data in PC1: before capacity by Lotus's order at any time, and light enough to fill every gap. */
function urgent(now: number): QueuedTask {
  return task('PC1', { priority: 1024, queuedAt: now });
}
