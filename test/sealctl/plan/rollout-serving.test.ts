import { describe, expect, it } from 'vitest';
import type { TaskCode } from '../../../src/core/lotus/task-type.ts';
import type { OfferingWorker } from '../../../src/sealctl/plan/order/serving.ts';
import {
  Rollout,
  waves,
  type RolloutHost,
  type RolloutPolicy,
} from '../../../src/sealctl/plan/rollout/rollout.ts';

const policy: RolloutPolicy = {
  maxUnavailable: 1,
  canary: undefined,
  order: [],
  keepServing: {},
  inFlight: 50,
};
const keepPc1: RolloutPolicy = { ...policy, maxUnavailable: 2, keepServing: { PC1: 1 } };

const harmless = (host: string): RolloutHost => ({ host, carriesMiner: false, interrupted: [] });
const interrupted = (host: string, task: TaskCode = 'PC1'): RolloutHost => ({
  host,
  carriesMiner: false,
  interrupted: [{ label: host, before: [task], after: [task] }],
});
const listed = (...labels: string[]): OfferingWorker[] => labels.map((label) => ({ label, tasks: ['PC1'] }));

describe('hosts on which nothing is interrupted', () => {
  it('go on while no other host may be interrupted', () => {
    const hosts = [interrupted('a'), interrupted('b'), harmless('c'), interrupted('d'), harmless('e')];
    expect(waves(hosts, policy, {})).toEqual({ waves: [['a', 'c', 'e'], ['b'], ['d']], never: [] });
  });

  it('are not searched for among thousands of hosts where there are none', () => {
    let looked = 0;
    const waiting: RolloutHost = {
      host: 'b',
      carriesMiner: false,
      get interrupted() {
        looked += 1;
        return [{ before: [], after: [] }];
      },
    };
    const rollout = new Rollout([interrupted('a'), waiting], policy, {});
    expect(rollout.startNext()).toBe('a');
    looked = 0;
    expect(rollout.startNext()).toBeUndefined();
    expect(looked).toBe(0);
    rollout.end('a');
    expect(rollout.startNext()).toBe('b');
    expect(looked).toBeGreaterThan(0);
  });

  it('take no place of a host that is', () => {
    expect(waves([harmless('a'), interrupted('b')], policy, {}).waves).toEqual([['a', 'b']]);
  });
});

describe('whether a rollout depends on what the miner lists now', () => {
  it('it does while hosts wait that are interrupted and workers must keep serving', () => {
    const rollout = new Rollout([harmless('a'), interrupted('b'), harmless('c')], keepPc1, { PC1: 3 });
    expect(rollout.dependsOnServing).toBe(true);
    expect(rollout.startNext()).toBe('a');
    expect(rollout.dependsOnServing).toBe(true);
    expect(rollout.startNext()).toBe('b');
    expect(rollout.waiting).toEqual(['c']);
    expect(rollout.dependsOnServing).toBe(false);
  });

  it('it does not where nothing must keep serving', () => {
    expect(new Rollout([interrupted('a')], policy, {}).dependsOnServing).toBe(false);
  });

  it('it does not where nothing is interrupted', () => {
    expect(new Rollout([harmless('a')], keepPc1, {}).dependsOnServing).toBe(false);
  });
});

describe('a host that the plan would have started', () => {
  it('is held back where too few workers are listed now, and the first such host is named', () => {
    const keepTwo = { ...keepPc1, keepServing: { PC1: 2 } };
    const rollout = new Rollout([interrupted('a'), interrupted('b')], keepTwo, { PC1: 9 });
    rollout.see(listed('a', 'b'));
    expect(rollout.startNext()).toBeUndefined();
    expect(rollout.heldBack).toBe(
      'interrupting a would leave fewer workers that offer PC1 now than keepServing demands (2)',
    );
    rollout.see(listed('a', 'b', 'c'));
    expect(rollout.heldBack).toBeUndefined();
    expect(rollout.startNext()).toBe('a');
  });

  it('is held back while the miner does not answer', () => {
    const rollout = new Rollout([interrupted('a')], keepPc1, { PC1: 9 });
    rollout.see({ unreachable: 'connection refused' });
    expect(rollout.startNext()).toBeUndefined();
    expect(rollout.heldBack).toBe('the miner does not list its workers: connection refused');
  });

  it('starts though the miner does not answer where nothing must keep serving', () => {
    const rollout = new Rollout([interrupted('a')], policy, {});
    rollout.see({ unreachable: 'connection refused' });
    expect(rollout.startNext()).toBe('a');
  });

  it('counts the hosts under way as gone from what is listed now', () => {
    const rollout = new Rollout([interrupted('a'), interrupted('b')], keepPc1, { PC1: 9 });
    rollout.see(listed('a', 'b', 'c'));
    expect(rollout.startNext()).toBe('a');
    rollout.see(listed('a', 'b'));
    expect(rollout.startNext()).toBeUndefined();
    expect(rollout.heldBack).toBe(
      'interrupting b would leave fewer workers that offer PC1 now than keepServing demands (1)',
    );
  });
});

describe('a host that goes alone', () => {
  const miner: RolloutHost = { ...interrupted('m'), carriesMiner: true };

  it('is overtaken by no other while it must not start', () => {
    const serving = { PC1: 1, PC2: 9 };
    const others = [harmless('a'), interrupted('b', 'PC2')];
    expect(waves([...others, miner], keepPc1, serving)).toEqual({ waves: [], never: ['m', 'a', 'b'] });
    const canary = { ...keepPc1, canary: 'c' };
    expect(waves([...others, interrupted('c')], canary, serving)).toEqual({
      waves: [],
      never: ['c', 'a', 'b'],
    });
  });

  it('is the only one of its wave, though nothing on it is interrupted', () => {
    const hosts = [harmless('a'), harmless('c'), { ...harmless('m'), carriesMiner: true }];
    expect(waves(hosts, { ...policy, canary: 'c' }, {}).waves).toEqual([['m'], ['c'], ['a']]);
  });
});

describe('while the miner does not answer', () => {
  const gone = { before: [], after: [] };
  const start = (host: Pick<RolloutHost, 'carriesMiner' | 'interrupted'>) => {
    const rollout = new Rollout([{ host: 'm', ...host }], keepPc1, { PC1: 9 });
    rollout.see({ unreachable: 'it hangs' });
    return rollout.startNext();
  };

  it('its own restart may start: it may be what helps', () => {
    expect(start({ carriesMiner: true, interrupted: [gone] })).toBe('m');
  });

  it('its restart waits where a worker beside it is interrupted as well', () => {
    const worker = { label: 'w', before: ['AP'], after: ['AP'] } as const;
    expect(start({ carriesMiner: true, interrupted: [gone, worker] })).toBeUndefined();
  });

  it('the stop of a worker that was removed from cluster.yaml waits', () => {
    expect(start({ carriesMiner: false, interrupted: [gone] })).toBeUndefined();
  });
});

describe('the end of a host', () => {
  it('changes nothing where the host never started', () => {
    const rollout = new Rollout([interrupted('a'), interrupted('b')], policy, {});
    rollout.end('b');
    expect(rollout.waiting).toEqual(['a', 'b']);
    expect(rollout.startNext()).toBe('a');
    rollout.end('b');
    expect(rollout.startNext()).toBeUndefined();
    rollout.end('a');
    expect(rollout.startNext()).toBe('b');
  });
});
