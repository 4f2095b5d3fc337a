import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskCode } from '../../../src/lotus/task-type.ts';
import { decide } from '../../../src/miner/schedule/decide.ts';
import { addTo, countKey, demandOf, emptyTally } from '../../../src/miner/schedule/tally.ts';
import type { QueuedTask, SchedulePolicy, WorkerSnapshot } from '../../../src/miner/schedule/snapshot.ts';
import { files, GiB, limit, path, policy, snapshot, task, worker } from './cluster.ts';

const layers = files('cache', 'sealed');
const codes = ['AP', 'PC1', 'PC2', 'C1', 'C2', 'GET', 'FIN'] as const;
const assigners = ['utilization', 'spread', 'experiment-spread-tasks-qcount', 'experiment-random'] as const;

function queued(code: TaskCode, number: number, priority: number, queuedAt: number): QueuedTask {
  const base = { sector: { Miner: 1000, Number: number }, priority, queuedAt };
  const fetch = { files: layers, use: 'sealing', mode: 'move' } as const;
  switch (code) {
    case 'PC1':
      return task(code, { ...base, need: { kind: 'room', files: layers, use: 'sealing' } });
    case 'PC2':
      return task(code, { ...base, need: { kind: 'holder', files: layers, fetchable: true }, fetch });
    case 'C1':
    case 'FIN':
      return task(code, { ...base, need: { kind: 'holder', files: layers, fetchable: false }, fetch });
    default:
      return task(code, base);
  }
}

const machine = fc.record({
  cpus: fc.integer({ min: 1, max: 64 }),
  memory: fc.integer({ min: 1, max: 512 }),
  gpus: fc.integer({ min: 0, max: 3 }),
  most: fc.integer({ min: 0, max: 3 }),
  limited: fc.constantFrom(...codes),
  group: fc.constantFrom('red', 'blue'),
  room: fc.integer({ min: 0, max: 2000 }),
  accepts: fc.subarray([...codes], { minLength: 1 }),
});
const item = fc.record({
  code: fc.constantFrom(...codes),
  priority: fc.constantFrom(0, 1024),
  holder: fc.nat({ max: 4 }),
  age: fc.integer({ min: 0, max: 7_200_000 }),
});

const cluster = fc
  .record({
    machines: fc.array(machine, { minLength: 1, maxLength: 5 }),
    items: fc.array(item, { maxLength: 30 }),
    assigner: fc.constantFrom(...assigners),
  })
  .map(({ machines, items, assigner }) => {
    const now = 7_200_000;
    const workers = machines.map((each, index): WorkerSnapshot => {
      const base = worker(`w${index}`, {
        tasks: new Set(each.accepts),
        limits: limit(each.limited, each.most),
      });
      const Resources = {
        ...base.info.Resources,
        CPUs: each.cpus,
        MemPhysical: each.memory * GiB,
        GPUs: Array.from({ length: each.gpus }, () => 'gpu'),
      };
      return { ...base, info: { ...base.info, Resources } };
    });
    const paths = machines.map((each, index) => ({
      ...path(`path-w${index}`, { Groups: [each.group], AllowTo: [each.group] }, each.room * GiB),
      heardAt: now,
    }));
    const queue = items.map(({ code, priority, age }, number) => queued(code, number, priority, now - age));
    const holders = Object.fromEntries(
      items.map(({ holder }, number) => [
        number,
        [{ path: `path-w${holder % machines.length}`, files: layers }],
      ]),
    );
    return {
      snapshot: snapshot(workers, queue, { paths, holders, now }),
      policy: { ...policy, assigner } satisfies SchedulePolicy,
      groups: machines.map((each) => each.group),
      holderOf: items.map(({ holder }) => holder % machines.length),
    };
  });

describe('a decision', () => {
  it('never goes over a limit of a machine or of a path', () => {
    fc.assert(
      fc.property(cluster, ({ snapshot: at, policy: rules }) => {
        const { assignments } = decide(at, rules);
        for (const each of at.workers) {
          const given = assignments.filter(({ workerId }) => workerId === each.id);
          const tally = emptyTally();
          for (const { taskId } of given) {
            const found = at.queue.find(({ id }) => id === taskId)!;
            expect(each.tasks.has(found.task)).toBe(true);
            addTo(
              tally,
              found.task,
              found.proof,
              demandOf(each.info, found.task, found.proof, rules),
              found.fetch !== undefined,
            );
          }
          const { CPUs, MemPhysical, GPUs } = each.info.Resources;
          expect(tally.cpu).toBeLessThanOrEqual(CPUs);
          expect(tally.memoryMin).toBeLessThanOrEqual(MemPhysical);
          expect(tally.memoryMax).toBeLessThanOrEqual(MemPhysical);
          expect(tally.gpu).toBeLessThanOrEqual(GPUs?.length ?? 0);
          const proofs = new Set(at.queue.map(({ proof }) => proof));
          for (const code of codes)
            for (const proof of proofs) {
              const most = demandOf(each.info, code, proof, rules).resources.MaxConcurrent;
              const count = tally.counts.get(countKey(code, proof)) ?? 0;
              if (most > 0) expect(count).toBeLessThanOrEqual(most);
            }
        }
        for (const [id, { stat }] of at.storage.paths) {
          const taken = assignments
            .filter(({ room }) => room?.path === id)
            .reduce((sum, { room }) => sum + room!.bytes, 0);
          expect(taken).toBeLessThanOrEqual(stat.Available);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never takes files out of their group, and binds nothing twice', () => {
    fc.assert(
      fc.property(cluster, ({ snapshot: at, policy: rules, groups, holderOf }) => {
        const { assignments } = decide(at, rules);
        expect(new Set(assignments.map(({ taskId }) => taskId)).size).toBe(assignments.length);
        for (const { taskId, workerId } of assignments) {
          const found = at.queue.find(({ id }) => id === taskId)!;
          if (found.task !== 'PC2') continue;
          const holder = holderOf[found.sector.Number]!;
          expect(groups[Number(workerId.slice(1))]).toBe(groups[holder]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is the same for the same input, in whatever order the queue comes', () => {
    fc.assert(
      fc.property(cluster, fc.nat(), ({ snapshot: at, policy: rules }, turn) => {
        const turned = at.queue.map((_, index) => at.queue[(index + turn) % at.queue.length]!);
        expect(decide({ ...at, queue: turned }, rules).assignments).toEqual(decide(at, rules).assignments);
      }),
    );
  });

  it('has a reason for every waiting task and every worker', () => {
    fc.assert(
      fc.property(cluster, ({ snapshot: at, policy: rules }) => {
        const decision = decide(at, rules);
        const given = new Set(decision.assignments.map(({ taskId }) => taskId));
        for (const { id } of at.queue)
          expect(decision.explain(id)).toHaveLength(given.has(id) ? 0 : at.workers.length);
      }),
    );
  });

  it('leaves no worker idle that could take a waiting task', () => {
    fc.assert(
      fc.property(cluster, ({ snapshot: at, policy: rules }) => {
        const decision = decide(at, rules);
        const given = new Set(decision.assignments.map(({ taskId }) => taskId));
        const reasons = at.queue.flatMap(({ id }) => (given.has(id) ? [] : decision.explain(id)));
        // Nothing runs yet, so no end is known and nothing is worth waiting for.
        expect(reasons.map(({ reason }) => reason.because)).not.toContain('data-elsewhere');
      }),
    );
  });
});
