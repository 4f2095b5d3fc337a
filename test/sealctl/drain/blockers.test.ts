import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockersOf, type DrainSnapshot, type ListedTask } from '../../../src/sealctl/drain/blockers.ts';
import { blockerKey, blockerText } from '../../../src/sealctl/drain/blocker-text.ts';
import { sectorName } from '../../../src/core/lotus/sector-file.ts';
import { taskNameOf, type TaskCode } from '../../../src/core/lotus/task-type.ts';

const now = 1_000_000;
const sector = (number: number) => ({ Miner: 1000, Number: number });
const task = (code: TaskCode, number: number, worker: string, agoS: number, runWait = 0): ListedTask => ({
  sector: sector(number),
  task: taskNameOf(code),
  worker,
  runWait,
  startedAt: now - agoS * 1000,
});
const only = (number: number, files = 2 | 4) => ({ sector: sector(number), files, paths: ['seal'] });
const nothing: DrainSnapshot = {
  now,
  labels: new Set(['red']),
  tasks: [],
  queue: [],
  copies: [],
  sectors: new Map(),
  usual: new Map(),
};
const texts = (view: Partial<DrainSnapshot>) => blockersOf({ ...nothing, ...view }).map(blockerText);

describe('what keeps a host from being stopped', () => {
  it('is nothing where nothing runs and every file is elsewhere too', () => {
    expect(texts({ tasks: [task('PC1', 1, 'blue', 5)] })).toEqual([]);
  });

  it('is every task of its workers, with elapsed time and estimate', () => {
    const tasks = [
      task('PC1', 4, 'red', 12),
      task('C2', 2, 'red', 50),
      task('PC2', 3, 'red', 1, 2),
      task('GET', 5, 'red', 2, 1),
      task('FIN', 6, 'red', 3, -1),
    ];
    const usual = new Map([
      [taskNameOf('PC1'), 40_000],
      [taskNameOf('C2'), 20_000],
    ]);
    expect(texts({ tasks, usual })).toEqual([
      'PC1 of sector 4 on red: running for 12s, about 28s left',
      'C2 of sector 2 on red: running for 50s, longer than the usual 20s',
      'PC2 of sector 3 on red: assigned for 1s, not started',
      'GET of sector 5 on red: being prepared for 2s, no estimate yet',
      'FIN of sector 6 on red: finished 3s ago, result not delivered yet',
    ]);
  });

  it('is every sector that only it has, with what becomes of it', () => {
    const sectors = new Map([
      [sectorName(sector(1)), { state: 'Proving', rests: true }],
      [sectorName(sector(2)), { state: 'PreCommit2', since: now - 9000, rests: false }],
      [sectorName(sector(3)), { state: 'PreCommit2', since: now - 65_000, rests: false }],
      [sectorName(sector(4)), { state: 'WaitSeed', since: now - 3000, rests: false }],
    ]);
    expect(
      texts({
        copies: [only(1), only(2), only(3), only(4), only(5, 2)],
        sectors,
        tasks: [task('PC2', 2, 'blue', 4)],
        queue: [{ sector: sector(3), task: taskNameOf('PC2') }],
        usual: new Map([[taskNameOf('PC2'), 10_000]]),
      }),
    ).toEqual([
      'sealed, cache of sector 1 only here: finished (Proving), stays until moved',
      'sealed, cache of sector 2 only here: PC2 runs on blue for 4s, about 6s left',
      'sealed, cache of sector 3 only here: PreCommit2 for 1m 5s, PC2 waits for a worker, takes 10s once it runs',
      'sealed, cache of sector 4 only here: WaitSeed for 3s, no estimate yet',
      'sealed of sector 5 only here: finished (unknown), stays until moved',
    ]);
  });

  it('counts a sector that rests as finished only while nothing works on it', () => {
    const sectors = new Map([[sectorName(sector(1)), { state: 'Proving', rests: true }]]);
    const [unsealing] = blockersOf({
      ...nothing,
      copies: [only(1)],
      sectors,
      tasks: [task('UNS', 1, 'blue', 4)],
    });
    expect(unsealing).toMatchObject({ phase: 'running', task: 'UNS', worker: 'blue' });
  });

  it('has a key that stays as time passes and changes with the phase', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: -3, max: 4 }), (first, second, runWait) => {
        const [a, b] = [first, second].map(
          (ago) => blockersOf({ ...nothing, tasks: [task('PC1', 1, 'red', ago, runWait)] })[0],
        );
        if (a === undefined || b === undefined) throw new Error('a task of the host is a blocker');
        expect(blockerKey(a)).toBe(blockerKey(b));
      }),
    );
    const keys = [2, 1, 0, -1].flatMap((runWait) =>
      blockersOf({ ...nothing, tasks: [task('PC1', 1, 'red', 1, runWait)] }).map(blockerKey),
    );
    expect(new Set(keys).size).toBe(4);
  });
});
