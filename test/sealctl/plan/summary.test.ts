import { describe, expect, it } from 'vitest';
import type { Change, HostPlan, PlanDocument } from '../../../src/sealctl/model/plan.ts';
import {
  counted,
  hostList,
  isDrift,
  noHostReadable,
  standsText,
  summarise,
} from '../../../src/sealctl/plan/summary.ts';
import { emptyPlan, examplePlan } from './example-plan.ts';

type Field = Change['fields'][number];

function field(cause: Field['cause']): Field {
  const shown = { show: 'value', value: null } as const;
  return { field: 'f', before: shown, after: shown, class: 'live', cause, reason: 'for a reason' };
}

function change(action: Change['action'], ...causes: readonly Field['cause'][]): Change {
  return { resource: 'h/limits', kind: 'limits', action, class: 'live', fields: causes.map(field) };
}

function hostPlan(host: string, changes: Partial<HostPlan>): HostPlan {
  const nothing = { changes: [], findings: [], steps: [], restarts: [], stepsDigest: 'aa' };
  return { host, address: host, removed: false, blocked: false, ...nothing, ...changes };
}

const planOf = (...hosts: readonly HostPlan[]): PlanDocument => ({ ...emptyPlan, hosts: [...hosts] });
const hold = { who: 'ana@desk', since: '2026-11-01T10:00:00.000Z', why: 'replace NVMe' };
const task = { task: 'seal/v0/precommit/1', sector: 17, runningS: 60 };

describe('the summary of a plan', () => {
  it('counts what is created, updated, deleted and drifted, the restarts and the tasks they wait for', () => {
    expect(summarise(examplePlan)).toEqual({
      create: 0,
      update: 2,
      delete: 1,
      drifted: 1,
      restarts: 2,
      waitedForTasks: 1,
      blocked: [],
      held: ['worker-3'],
      destructive: ['old-1/worker/main/unit'],
    });
    const created = hostPlan('a', { changes: [change('create', 'change'), change('update', 'change')] });
    expect(summarise(planOf(created))).toMatchObject({ create: 1, update: 1, delete: 0, drifted: 0 });
  });

  it('names the blocked hosts, and counts nothing of a host on hold, which is not blocked either', () => {
    const waiting = { hold, blocked: true, changes: [change('delete', 'change')] };
    const plan = planOf(
      hostPlan('a', {}),
      hostPlan('b', { blocked: true, restarts: [{ worker: 'main', runningTasks: [task, task] }] }),
      hostPlan('c', { ...waiting, restarts: [{ worker: 'main', runningTasks: [task] }] }),
    );
    expect(summarise(plan)).toEqual({
      create: 0,
      update: 0,
      delete: 0,
      drifted: 0,
      restarts: 1,
      waitedForTasks: 2,
      blocked: ['b'],
      held: ['c'],
      destructive: [],
    });
  });
});

describe('a change is drift', () => {
  it('when all of its fields changed on the host', () => {
    expect(isDrift(change('update', 'drift', 'drift'))).toBe(true);
    expect(isDrift(change('update', 'drift', 'change'))).toBe(false);
    expect(isDrift(change('update', 'change'))).toBe(false);
  });

  it('never when it creates something', () => {
    expect(isDrift(change('create', 'drift'))).toBe(false);
  });
});

describe('a fleet without changes', () => {
  it('matches cluster.yaml as far as hosts were chosen', () => {
    expect(standsText(emptyPlan)).toBe('f01000-lab matches cluster.yaml');
    expect(standsText({ ...emptyPlan, chosen: true })).toBe(
      'the chosen hosts of f01000-lab match cluster.yaml',
    );
  });
});

describe('a plan in which no host could be read', () => {
  const { unreachable } = examplePlan;
  const nothing = { ...emptyPlan, hosts: [], unchangedHosts: 0, unreachable: [] };

  it('names unreachable hosts and no other', () => {
    expect(noHostReadable({ ...nothing, unreachable })).toBe(true);
    expect(noHostReadable({ ...nothing, unreachable, unchangedHosts: 1 })).toBe(false);
    expect(noHostReadable({ ...nothing, unreachable, hosts: [hostPlan('a', {})] })).toBe(false);
    const both = { ...nothing, unreachable, hosts: [hostPlan('a', {})], unchangedHosts: 1 };
    expect(noHostReadable(both)).toBe(false);
  });

  it('is not the plan of no hosts at all', () => {
    expect(noHostReadable(nothing)).toBe(false);
  });
});

describe('a list of hosts', () => {
  it('is whole up to the maximum, and then ends with the number of the rest', () => {
    expect(hostList([])).toBe('');
    expect(hostList(['a', 'b', 'c'], 3)).toBe('a, b, c');
    expect(hostList(['a', 'b', 'c', 'd', 'e'], 3)).toBe('a, b, c and 2 more');
  });

  it('names twelve hosts where nothing else is said', () => {
    const hosts = Array.from({ length: 13 }, (_, index) => `h${index}`);
    expect(hostList(hosts.slice(0, 12))).toBe('h0, h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, h11');
    expect(hostList(hosts)).toBe('h0, h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, h11 and 1 more');
  });
});

describe('a counted noun', () => {
  it('is singular for one alone', () => {
    expect([0, 1, 2].map((count) => counted(count, 'worker'))).toEqual([
      '0 workers',
      '1 worker',
      '2 workers',
    ]);
  });
});
