import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TaskCode } from '../../../src/core/lotus/task-type.ts';
import { rolloutBoundsText } from '../../../src/sealctl/plan/rollout/rollout-bounds-text.ts';
import {
  Rollout,
  rolloutPolicy,
  waves,
  type RolloutHost,
  type RolloutPolicy,
} from '../../../src/sealctl/plan/rollout/rollout.ts';
import type { RolloutSpec } from '../../../src/sealctl/spec/spec.ts';

const codes = ['PC1', 'PC2', 'C2'] as const satisfies readonly TaskCode[];
const tasks = fc.subarray([...codes]);
const worker = fc.record({ before: tasks, after: tasks });
const fleet = fc
  .array(fc.record({ carriesMiner: fc.boolean(), interrupted: fc.array(worker, { maxLength: 3 }) }), {
    maxLength: 12,
  })
  .map((hosts) =>
    hosts.map((host, index): RolloutHost => ({
      ...host,
      host: `h${index}`,
      carriesMiner: host.carriesMiner && index === 3,
    })),
  );
const policies = fc.record({
  maxUnavailable: fc.integer({ min: 1, max: 4 }),
  canary: fc.option(fc.constantFrom('h0', 'h5', 'elsewhere'), { nil: undefined }),
  keepServing: fc.record({ PC2: fc.integer({ min: 0, max: 4 }) }, { requiredKeys: [] }),
  order: fc.shuffledSubarray(['h1', 'h2', 'h4', 'elsewhere']),
  inFlight: fc.integer({ min: 1, max: 6 }),
});

/** Runs a rollout in which hosts end in a random order and checks what must hold at every moment. */
function runRollout(
  hosts: readonly RolloutHost[],
  policy: RolloutPolicy,
  serving: Partial<Record<TaskCode, number>>,
  pick: (choices: number) => number,
  check: (running: readonly RolloutHost[], done: ReadonlySet<string>) => void,
): Set<string> {
  const rollout = new Rollout(hosts, policy, serving);
  const running = new Set<string>();
  const done = new Set<string>();
  for (;;) {
    for (let host = rollout.startNext(); host !== undefined; host = rollout.startNext()) running.add(host);
    if (running.size === 0) return done;
    check(
      hosts.filter((host) => running.has(host.host)),
      done,
    );
    const ends = [...running][pick(running.size)];
    if (ends === undefined) return done;
    running.delete(ends);
    rollout.end(ends);
    done.add(ends);
  }
}

function offering(hosts: readonly RolloutHost[], code: TaskCode, when: 'before' | 'after'): number {
  return hosts.flatMap((host) => host.interrupted).filter((worker) => worker[when].includes(code as never))
    .length;
}

const random = fc.infiniteStream(fc.nat({ max: 1_000_000 }));

describe('a rollout', () => {
  test('never interrupts more hosts at once than maxUnavailable', () => {
    fc.assert(
      fc.property(fleet, policies, random, (hosts, policy, numbers) => {
        runRollout(hosts, policy, { PC1: 9, PC2: 9, C2: 9 }, picker(numbers), (running) => {
          const interrupted = running.filter((host) => host.interrupted.length > 0);
          expect(interrupted.length).toBeLessThanOrEqual(policy.maxUnavailable);
          expect(running.length).toBeLessThanOrEqual(policy.inFlight);
        });
      }),
    );
  });

  test('never lets the workers that offer a task type fall below keepServing by interrupting one that offers it', () => {
    fc.assert(
      fc.property(
        fleet,
        policies,
        fc.integer({ min: 0, max: 6 }),
        random,
        (hosts, policy, others, numbers) => {
          const serving = { PC2: offering(hosts, 'PC2', 'before') + others };
          runRollout(hosts, policy, serving, picker(numbers), (running, done) => {
            const out = offering(running, 'PC2', 'before');
            const finished = hosts.filter((host) => done.has(host.host));
            const left =
              serving.PC2 - out - offering(finished, 'PC2', 'before') + offering(finished, 'PC2', 'after');
            if (out > 0) expect(left).toBeGreaterThanOrEqual(policy.keepServing.PC2 ?? 0);
          });
        },
      ),
    );
  });

  test('reaches every host when nothing has to be kept serving', () => {
    fc.assert(
      fc.property(fleet, policies, random, (hosts, policy, numbers) => {
        const free = { ...policy, keepServing: {} };
        const done = runRollout(hosts, free, {}, picker(numbers), () => undefined);
        expect(done.size).toBe(hosts.length);
        expect(waves(hosts, free, {}).never).toEqual([]);
      }),
    );
  });

  test('starts hosts that it does not interrupt while no other host may be interrupted', () => {
    fc.assert(
      fc.property(fleet, policies, random, (hosts, policy, numbers) => {
        const free = { ...policy, canary: undefined, keepServing: {} };
        const others = hosts.map((host) => ({ ...host, carriesMiner: false }));
        runRollout(others, free, {}, picker(numbers), (running, done) => {
          const left = others.filter((host) => !running.includes(host) && !done.has(host.host));
          const harmless = left.filter((host) => host.interrupted.length === 0);
          if (running.length < policy.inFlight) expect(harmless).toEqual([]);
        });
      }),
    );
  });

  test('works on the host of the miner alone and first, then on the canary alone', () => {
    fc.assert(
      fc.property(fleet, policies, random, (hosts, policy, numbers) => {
        runRollout(hosts, { ...policy, keepServing: {} }, {}, picker(numbers), (running, done) => {
          const miner = hosts.find((host) => host.carriesMiner)?.host;
          const others = running.filter((host) => host.host !== miner);
          if (miner !== undefined && others.length > 0) expect(done.has(miner)).toBe(true);
          const canary = hosts.find((host) => host.host === policy.canary)?.host;
          const rest = others.filter((host) => host.host !== canary);
          if (canary !== undefined && rest.length > 0) expect(done.has(canary)).toBe(true);
        });
      }),
    );
  });

  test('a rollout of five thousand hosts is worked out at once', () => {
    const hosts = Array.from({ length: 5000 }, (_, index): RolloutHost => ({
      host: `h${index}`,
      carriesMiner: index === 0,
      interrupted: [{ before: ['PC1'], after: ['PC1'] }],
    }));
    const policy = { maxUnavailable: 1, canary: 'h1', order: [], keepServing: { PC1: 9 }, inFlight: 50 };
    expect(waves(hosts, policy, { PC1: 5000 })).toMatchObject({ waves: { length: 5000 }, never: [] });
  });

  test('names the hosts that keepServing forbids to touch', () => {
    const hosts = ['a', 'b'].map(
      (host) => ({ host, carriesMiner: false, interrupted: [{ before: ['PC2'], after: ['PC2'] }] }) as const,
    );
    const policy = { maxUnavailable: 1, canary: undefined, order: [], keepServing: { PC2: 2 }, inFlight: 50 };
    expect(waves(hosts, policy, { PC2: 2 })).toEqual({ waves: [], never: ['a', 'b'] });
    expect(waves(hosts, policy, { PC2: 3 }).waves).toEqual([['a'], ['b']]);
  });
});

describe('rollout.order', () => {
  test('puts the named hosts first, in that order, after miner and canary', () => {
    const hosts = ['a', 'b', 'c', 'd', 'm'].map((host): RolloutHost => ({
      host,
      carriesMiner: host === 'm',
      interrupted: [{ before: [], after: [] }],
    }));
    const policy = { maxUnavailable: 1, canary: 'd', order: ['c', 'b'], keepServing: {}, inFlight: 50 };
    expect(waves(hosts, policy, {}).waves).toEqual([['m'], ['d'], ['c'], ['b'], ['a']]);
  });
});

describe('maxUnavailable', () => {
  const spec = { keepServing: {}, healthyForMs: 0, pauseMs: 0 };
  const allowed = (maxUnavailable: RolloutSpec['maxUnavailable'], interrupted: number, down = 0) =>
    rolloutPolicy({ ...spec, maxUnavailable }, { interrupted, down }).maxUnavailable;
  test('maxUnavailable in percent counts the hosts that are interrupted, rounded down', () => {
    expect(allowed({ percent: 10 }, 29)).toBe(2);
  });
  test('counts the hosts that are down already', () => {
    expect(allowed({ count: 5 }, 29, 2)).toBe(3);
    expect(allowed({ percent: 10 }, 29, 1)).toBe(1);
  });
  test('never means that nothing may ever be touched', () => {
    expect(allowed({ percent: 10 }, 3)).toBe(1);
    expect(allowed({ count: 1 }, 3, 2)).toBe(1);
  });
});

describe('a rollout in words', () => {
  const spec: RolloutSpec = { maxUnavailable: { count: 3 }, keepServing: {}, healthyForMs: 0, pauseMs: 0 };
  const words = (changed: Partial<RolloutSpec>, down = 0) => {
    const all = { ...spec, ...changed };
    return rolloutBoundsText(all, rolloutPolicy(all, { interrupted: 9, down }), down);
  };
  test('tells what is not set no more than it must', () => {
    expect(words({})).toEqual(['at most 3 hosts interrupted at once']);
  });
  test('tells everything that is set', () => {
    const set = {
      canary: 'c',
      order: ['b', 'a'],
      keepServing: { PC2: 4 },
      healthyForMs: 30_000,
      pauseMs: 60_000,
    };
    expect(words(set, 2)).toEqual([
      'at most one host interrupted at once, besides 2 hosts that cannot be reached',
      'canary c first',
      'b, a before the others',
      'at least 4 workers keep offering PC2',
      'each must stay up for 30s',
      'pause of 1m between waves',
    ]);
  });
});

function picker(numbers: Iterable<number>): (choices: number) => number {
  const iterator = numbers[Symbol.iterator]();
  return (choices) => ((iterator.next().value as number | undefined) ?? 0) % choices;
}
