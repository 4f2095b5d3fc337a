import { describe, expect, it } from 'vitest';
import { decide, type Decision } from '../../../../src/daemons/miner/schedule/decide.ts';
import { reasonText } from '../../../../src/daemons/miner/schedule/reason.ts';
import { files, GiB, path, policy, running, snapshot, task, worker } from './cluster.ts';

const pairs = ({ assignments }: Decision): string[] =>
  assignments.map(({ taskId, workerId }) => `${taskId}@${workerId}`);
const why = (decision: Decision, taskId: string): string[] =>
  decision.explain(taskId).map(({ worker: name, reason }) => `${name}: ${reasonText(reason)}`);

const layers = files('cache', 'sealed');
const pc1 = (change = {}) =>
  task('PC1', {
    need: { kind: 'allocate', files: layers, use: 'sealing' },
    locks: { reads: 1, writes: 6 },
    ...change,
  });

describe('space on paths', () => {
  const needed = 15.1 * 32 * GiB;
  it('is reserved, so that two tasks are not sent to space for one', () => {
    const [first, second] = [pc1(), pc1()];
    const decision = decide(
      snapshot([worker('a')], [first, second], { paths: [path('path-a', {}, 1.5 * needed)] }),
      policy,
    );
    expect(pairs(decision)).toEqual([`${first.id}@a`]);
    expect(why(decision, second.id)).toEqual([
      'a: needs 483.2 GiB on one path; the path with the most free space has 241.6 GiB free',
    ]);
  });

  it('counts a reservation until a health report has come that can show it', () => {
    const reserved = (seenAfter: number) =>
      worker('a', {
        active: [running(pc1(), { reservations: [{ path: 'path-a', bytes: needed, seenAfter }] })],
      });
    const at = { paths: [{ ...path('path-a', {}, 1.5 * needed), heardAt: 10 }] };
    expect(decide(snapshot([reserved(20)], [pc1()], at), policy).assignments).toHaveLength(0);
    expect(decide(snapshot([reserved(5)], [pc1()], at), policy).assignments).toHaveLength(1);
  });

  it('is shared by paths that admit only together what a task makes', () => {
    const paths = [
      path('fast', { AllowTypes: ['cache'] }, 2 * needed),
      path('large', { DenyTypes: ['cache'] }, 3 * needed),
    ];
    const both = worker('a', { paths: ['fast', 'large'] });
    const reservationsOn = (...given: typeof paths) =>
      decide(snapshot([both], [pc1()], { paths: given }), policy).assignments[0]?.reservations;
    expect(reservationsOn(...paths)).toEqual([
      { path: 'large', bytes: 32 * GiB },
      { path: 'fast', bytes: Math.floor(14.1 * 32 * GiB) },
    ]);
    expect(reservationsOn(path('fast', { AllowTypes: ['cache'] }, needed / 2), paths[1]!)).toBeUndefined();
    expect(reservationsOn(paths[0]!)).toBeUndefined();
  });

  it('is not sought on paths of the wrong use, type, miner, or without a sign of life', () => {
    const reasonFor = (settings: object, extra: object = {}): string => {
      const waits = pc1();
      const at = { paths: [{ ...path('path-a', settings), ...extra }], now: 60_000 };
      return why(decide(snapshot([worker('a')], [waits], at), policy), waits.id)[0] ?? 'assigned';
    };
    const fresh = { heardAt: 60_000 };
    expect(reasonFor({ CanSeal: false }, fresh)).toContain('no storage path there is for sealing');
    expect(reasonFor({ DenyTypes: ['cache'] }, fresh)).toContain('takes sealed, cache');
    expect(reasonFor({ AllowMiners: ['f02000'] }, fresh)).toContain('of this miner');
    expect(reasonFor({}, { ailment: 'disk gone', heardAt: 60_000 })).toContain('is not well: disk gone');
    expect(reasonFor({})).toContain('no health report for 60 seconds');
    expect(reasonFor({}, fresh)).toBe('assigned');
  });
});
