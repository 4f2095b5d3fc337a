import { describe, expect, it } from 'vitest';
import { hostStatuses, workerNote } from '../../../src/sealctl/status/host-status.ts';
import type { HostPlan } from '../../../src/sealctl/model/plan.ts';
import { clusterSpec, hostSpec, workerSpec } from '../model/spec.ts';
import { emptyPlan, examplePlan } from '../plan/example-plan.ts';

const spec = clusterSpec([
  hostSpec('miner-1', []),
  hostSpec('w', [workerSpec('w', 'a'), workerSpec('w', 'b')]),
]);
const hold = { who: 'ana@desk', since: 'monday', why: 'new disk', until: 'friday' };
const [example] = examplePlan.hosts;
const shown = (cause: 'change' | 'drift', daemon?: string): HostPlan['changes'][number] => {
  const [change] = example?.changes ?? [];
  if (change === undefined) throw new Error('the example has a change');
  const { daemon: _, ...rest } = change;
  const fields = change.fields.map((field) => ({ ...field, cause }));
  return { ...rest, fields, ...(daemon === undefined ? {} : { daemon }) };
};
const planned = (host: string, more: Partial<HostPlan>): HostPlan => ({
  host,
  address: host,
  removed: false,
  blocked: false,
  changes: [],
  findings: [],
  steps: [],
  restarts: [],
  stepsDigest: '',
  ...more,
});
const told = (...hosts: HostPlan[]) => hostStatuses(spec, { ...emptyPlan, hosts });

describe('the status of a host', () => {
  it('tells drift and changes that are not of its workers, once, and drift is not in order', () => {
    const host = planned('w', { changes: [shown('drift'), shown('change'), shown('change', 'a')] });
    expect(told(host)).toEqual([{ host: 'w', note: '1 drifted, 1 to apply', well: false }]);
    expect(workerNote(host, 'a')).toBe('1 to apply');
    expect(workerNote(host, 'b')).toBe('');
    expect(told(planned('w', { changes: [shown('drift', 'b')] }))).toEqual([
      { host: 'w', note: 'a worker drifted', well: false },
    ]);
  });

  it('tells everything of a host without workers: of the miner, and of one removed from cluster.yaml', () => {
    expect(told(planned('miner-1', { hold, changes: [shown('change', 'miner')] }))).toEqual([
      { host: 'miner-1', note: 'ana@desk since monday: new disk, until friday, 1 to apply', well: true },
    ]);
    expect(told(planned('old', { removed: true }))).toEqual([
      { host: 'old', note: 'removed from cluster.yaml', well: true },
    ]);
  });

  it('tells findings, and that a host without workers cannot be read', () => {
    const finding = { code: 'x', severity: 'error' as const, summary: 'nothing is mounted' };
    const unreachable = [{ host: 'miner-1', step: 'probe', reason: 'no answer' }];
    const plan = { ...emptyPlan, hosts: [planned('w', { findings: [finding] })], unreachable };
    expect(hostStatuses(spec, plan)).toEqual([
      { host: 'w', note: 'nothing is mounted', well: false },
      { host: 'miner-1', note: 'unreachable: no answer', well: false },
    ]);
  });
});
