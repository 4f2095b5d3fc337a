import { describe, expect, test } from 'vitest';
import type { HostPlan, PlanDocument } from '../../../src/sealctl/model/plan.ts';
import { changedSince } from '../../../src/sealctl/plan/saved-plan.ts';
import { examplePlan } from './example-plan.ts';

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
});
