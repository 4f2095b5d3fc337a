import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import type { HostPlan, PlanDocument } from '../../../src/sealctl/model/plan.ts';
import { secretDigests } from '../../../src/sealctl/plan/diff/digest.ts';
import { changedSince, parseSavedPlan } from '../../../src/sealctl/plan/saved-plan.ts';
import { emptyPlan, examplePlan } from './example-plan.ts';

const finding = {
  code: 'restart-loop',
  severity: 'warning' as const,
  summary: 'sealctl-worker-main has restarted 3 times since it was last started',
  fix: 'read journalctl -u sealctl-worker-main -n 50 on the host',
};

/** The example with something else said of its first host. */
function withFirst(change: Partial<HostPlan>): PlanDocument {
  const [first, ...others] = examplePlan.hosts;
  if (first === undefined) throw new Error('the example plans no host');
  return { ...examplePlan, hosts: [{ ...first, ...change }, ...others] };
}

describe('a plan has changed', () => {
  const looping = withFirst({ findings: [finding] });

  test('when a host is on hold, or has other operations or findings', () => {
    const hold = { who: 'ben@desk', since: '2026-11-02T08:00:00.000Z', why: 'replace NVMe' };
    for (const now of [withFirst({ hold }), withFirst({ stepsDigest: 'bb' }), looping])
      expect(changedSince(examplePlan, now, new Map())).toContain('worker-1 has changed');
  });

  test('when a host can no longer be reached, but not when it could not be reached before either', () => {
    const gone = { host: 'worker-9', step: 'connect', reason: 'no answer within 15 s' };
    const now = { ...examplePlan, unreachable: [...examplePlan.unreachable, gone] };
    expect(changedSince(examplePlan, now, new Map())).toEqual(['worker-9 cannot be reached any more']);
    expect(changedSince(now, now, new Map())).toEqual([]);
  });

  test('a plan has not moved because tasks have gone on or a daemon has restarted once more', () => {
    const summary = finding.summary.replace('3', '4');
    const restarts = [{ worker: 'main', runningTasks: [] }];
    const before = withFirst({ findings: [finding], restarts });
    const now = withFirst({ findings: [{ ...finding, summary }] });
    expect(changedSince(before, now, new Map())).toEqual([]);
  });

  test('when it is for another cluster, or cluster.yaml is no longer the same', () => {
    expect(changedSince(emptyPlan, { ...emptyPlan, cluster: 'other' }, new Map())).toEqual([
      'the plan is for f01000-lab, this is other',
    ]);
    expect(changedSince(emptyPlan, { ...emptyPlan, specDigest: 'ff' }, new Map())).toEqual([
      'cluster.yaml has changed',
    ]);
  });

  test('when a secret has another value, is new, or is gone', () => {
    const saved = new Map([
      ['env SAME', 'one'],
      ['env OTHER', 'one'],
      ['env GONE', 'one'],
    ]);
    const now = new Map([
      ['env SAME', 'one'],
      ['env OTHER', 'two'],
      ['env NEW', 'one'],
    ]);
    const plan = { ...emptyPlan, secretDigests: secretDigests(saved, emptyPlan.salt) };
    expect(changedSince(plan, emptyPlan, now)).toEqual([
      'the secret from env OTHER has changed',
      'the secret from env GONE has changed',
      'the secret from env NEW has changed',
    ]);
  });

  test('when a host has got changes or has none any more, each host for itself', () => {
    const [first, ...others] = examplePlan.hosts;
    const without = { ...examplePlan, hosts: others };
    expect(first?.host).toBe('worker-1');
    expect(changedSince(without, examplePlan, new Map())).toEqual(['worker-1 has changed']);
    expect(changedSince(examplePlan, without, new Map())).toEqual(['worker-1 has changed']);
  });

  test('when another worker is restarted, or a finding has another code, severity or fix', () => {
    const before = withFirst({ findings: [finding], restarts: [{ worker: 'main', runningTasks: [] }] });
    const other = withFirst({ findings: [finding], restarts: [{ worker: 'other', runningTasks: [] }] });
    const changes = [{ code: 'other' }, { severity: 'error' as const }, { fix: 'look at the host' }];
    const found = changes.map((change) =>
      withFirst({ ...before.hosts[0], findings: [{ ...finding, ...change }] }),
    );
    for (const now of [other, ...found])
      expect(changedSince(before, now, new Map())).toEqual(['worker-1 has changed']);
    expect(found).toHaveLength(3);
  });
});

describe('a saved plan', () => {
  test('is read as it was written', () => {
    expect(parseSavedPlan(JSON.stringify(examplePlan), 'plan.json')).toEqual(examplePlan);
  });

  test('that is not one is refused with the first thing that is wrong with it', () => {
    const hosts = [{ ...examplePlan.hosts[0], blocked: 'no' }];
    const texts = {
      '{': 'it is not JSON',
      '[]': 'it is not a map',
      [JSON.stringify({ ...examplePlan, version: 1 })]: '"version" is missing or has the wrong type',
      [JSON.stringify({ ...examplePlan, hosts })]: '"hosts.0.blocked" is missing or has the wrong type',
    };
    for (const [text, why] of Object.entries(texts)) {
      const { problems, cause } = refusal(text);
      expect(problems).toEqual([
        {
          code: 'not-a-plan',
          severity: 'error',
          summary: 'plan.json is not a plan this sealctl can apply',
          where: { in: 'command line', argument: 'plan.json' },
          why,
          fix: 'make one with sealctl plan --out',
        },
      ]);
      expect(cause).toBeInstanceOf(Error);
    }
    expect(Object.keys(texts)).toHaveLength(4);
  });

  function refusal(text: string): ProblemError {
    try {
      parseSavedPlan(text, 'plan.json');
    } catch (thrown) {
      if (thrown instanceof ProblemError) return thrown;
      throw thrown;
    }
    throw new Error('it is taken for a plan');
  }
});
