import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeAllocator, type Allocation } from '../../../../src/daemons/worker/compute/allocations.ts';

describe('the machine of a worker, dealt out to its tasks', () => {
  it('an allocator keeps two single-threaded tasks on different CPUs and reuses released ones', () => {
    const allocate = makeAllocator({ cpus: [4, 5], gpus: [] });
    const [first, second] = [allocate({ threads: 1, gpus: 0 }), allocate({ threads: 1, gpus: 0 })];
    expect([first.cpus, second.cpus]).toEqual([[4], [5]]);
    first.release();
    first.release();
    expect(allocate({ threads: 1, gpus: 0 }).cpus).toEqual([4]);
  });

  it('an allocator pins neither a task that uses every CPU nor the tasks of a worker without an allotment', () => {
    expect(makeAllocator({ cpus: [0, 1], gpus: [] })({ threads: 2, gpus: 0 }).cpus).toBeUndefined();
    expect(makeAllocator({ cpus: [], gpus: [] })({ threads: 1, gpus: 1 })).not.toHaveProperty('gpus');
  });

  it('an allocator gives each GPU task its own GPU, lets quarters share one, and gives all to a task that needs all', () => {
    const allocate = makeAllocator({ cpus: [], gpus: ['GPU-a', 'GPU-b'] });
    expect([1, 0.25, 0.25].map((gpus) => allocate({ threads: 1, gpus }).gpus)).toEqual([
      ['GPU-a'],
      ['GPU-b'],
      ['GPU-b'],
    ]);
    expect(allocate({ threads: 1, gpus: 5 }).gpus).toEqual(['GPU-a', 'GPU-b']);
    expect(allocate({ threads: 1, gpus: 0 })).not.toHaveProperty('gpus');
  });

  it('an allocator never puts two tasks on one CPU while another CPU is idle', () => {
    const step = fc.oneof(
      fc.record({ take: fc.integer({ min: 1, max: 7 }) }),
      fc.record({ drop: fc.nat({ max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const cpus = Array.from({ length: 8 }, (_, cpu) => cpu);
        const allocate = makeAllocator({ cpus, gpus: [] });
        const held: Allocation[] = [];
        for (const each of steps) {
          if ('drop' in each) {
            held.splice(each.drop, 1)[0]?.release();
            continue;
          }
          const busy = held.flatMap((allocation) => allocation.cpus ?? []);
          const idle = cpus.filter((cpu) => !busy.includes(cpu));
          const allocation = allocate({ threads: each.take, gpus: 0 });
          held.push(allocation);
          const taken = allocation.cpus ?? [];
          expect(new Set(taken).size).toBe(each.take);
          expect(taken.filter((cpu) => idle.includes(cpu)).length).toBe(Math.min(idle.length, each.take));
        }
      }),
    );
  });
});
