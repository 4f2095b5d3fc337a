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

  it('has the usual time of a task and what is left of it only where the miner has records', () => {
    const view = {
      tasks: [task('PC1', 4, 'red', 12), task('C2', 2, 'red', 50), task('PC2', 1, 'blue', 4)],
      copies: [only(1), only(3), only(5)],
      queue: [
        { sector: sector(3), task: taskNameOf('PC2') },
        { sector: sector(5), task: taskNameOf('AP') },
      ],
      sectors: new Map([[sectorName(sector(5)), { state: 'AddPiece', since: now - 9000, rests: false }]]),
      usual: new Map([
        [taskNameOf('PC1'), 40_000],
        [taskNameOf('PC2'), 10_000],
      ]),
    };
    const running = { blocker: 'task', worker: 'red', phase: 'running' };
    const copy = { blocker: 'only-copy', files: ['sealed', 'cache'], paths: ['seal'] };
    const unknown = { ...copy, state: 'unknown' };
    expect(blockersOf({ ...nothing, ...view })).toStrictEqual([
      { ...running, sector: sector(4), task: 'PC1', elapsedMs: 12_000, usualMs: 40_000, leftMs: 28_000 },
      { ...running, sector: sector(2), task: 'C2', elapsedMs: 50_000 },
      {
        ...unknown,
        sector: sector(1),
        phase: 'running',
        task: 'PC2',
        worker: 'blue',
        elapsedMs: 4000,
        usualMs: 10_000,
        leftMs: 6000,
      },
      {
        ...unknown,
        sector: sector(3),
        phase: 'queued',
        task: 'PC2',
        elapsedMs: 0,
        usualMs: 10_000,
        leftMs: 10_000,
      },
      { ...copy, state: 'AddPiece', sector: sector(5), phase: 'queued', task: 'AP', elapsedMs: 9000 },
    ]);
  });

  it('shows a sector in the queue without an estimate while no such task has ended', () => {
    const queue = [{ sector: sector(1), task: taskNameOf('PC2') }];
    expect(texts({ copies: [only(1, 2)], queue })).toEqual([
      'sealed of sector 1 only here: unknown for 0s, PC2 waits for a worker, no estimate yet',
    ]);
  });

  it('tells sectors of two actors with one number apart', () => {
    const other = { Miner: 1001, Number: 1 };
    const view = {
      copies: [only(1, 2)],
      tasks: [{ ...task('PC2', 1, 'blue', 4), sector: other }],
      queue: [{ sector: other, task: taskNameOf('PC2') }],
    };
    expect(texts(view)).toEqual(['sealed of sector 1 only here: finished (unknown), stays until moved']);
  });

  it('calls a task that is not known by its full name, and counts no time that cannot be read', () => {
    const strange = { ...task('PC1', 1, 'red', 0), task: 'seal/v9/new', startedAt: Number.NaN };
    const early = task('PC1', 2, 'red', -5);
    expect(texts({ tasks: [strange, early] })).toEqual([
      'seal/v9/new of sector 1 on red: running for 0s, no estimate yet',
      'PC1 of sector 2 on red: running for 0s, no estimate yet',
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
    // One only copy in each phase: its task runs, waits in the queue, is not due yet, never comes.
    const copies = [only(2), only(3), only(4), only(5)];
    const usual = new Map(['PC1', 'PC2'].map((code) => [taskNameOf(code as TaskCode), 500_000]));
    const blockersAt = (agoS: number, runWait: number) => {
      const since = now - agoS * 1000;
      return blockersOf({
        ...nothing,
        tasks: [task('PC1', 1, 'red', agoS, runWait), task('PC2', 2, 'blue', agoS)],
        queue: [{ sector: sector(3), task: taskNameOf('PC2') }],
        copies,
        sectors: new Map(
          copies.map((copy, at) => [
            sectorName(copy.sector),
            { state: 'PreCommit2', since, rests: at === copies.length - 1 },
          ]),
        ),
        usual,
      });
    };
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: -3, max: 4 }), (first, second, runWait) => {
        const [a, b] = [first, second].map((ago) => blockersAt(ago, runWait));
        expect(a!.map(({ phase }) => phase).slice(1)).toEqual(['running', 'queued', 'waiting', 'finished']);
        expect(a!.map(blockerKey)).toEqual(b!.map(blockerKey));
      }),
    );
    const ofTask = [2, 1, 0, -1].flatMap((runWait) => blockersAt(1, runWait).slice(0, 1).map(blockerKey));
    expect(ofTask).toEqual([
      'task 1000 1 PC1 red assigned',
      'task 1000 1 PC1 red prepared',
      'task 1000 1 PC1 red running',
      'task 1000 1 PC1 red undelivered',
    ]);
  });

  it('has for a sector a key that changes with its state, its phase and its task', () => {
    const state = (name: string, rests = false) =>
      new Map([[sectorName(sector(1)), { state: name, since: now - 1000, rests }]]);
    const queue = (code: TaskCode) => [{ sector: sector(1), task: taskNameOf(code) }];
    const keys = [
      { sectors: state('WaitSeed') },
      { sectors: state('PreCommit2') },
      { sectors: state('PreCommit2'), queue: queue('PC2') },
      { sectors: state('PreCommit2'), queue: queue('GET') },
      { sectors: state('PreCommit2'), tasks: [task('PC2', 1, 'blue', 5)] },
      { sectors: state('PreCommit2'), tasks: [task('PC2', 1, 'blue', 9)] },
      { sectors: state('Proving', true) },
    ].flatMap((view) => blockersOf({ ...nothing, ...view, copies: [only(1)] }).map(blockerKey));
    expect(keys).toEqual([
      'only-copy 1000 1 WaitSeed waiting ',
      'only-copy 1000 1 PreCommit2 waiting ',
      'only-copy 1000 1 PreCommit2 queued PC2',
      'only-copy 1000 1 PreCommit2 queued GET',
      'only-copy 1000 1 PreCommit2 running PC2',
      'only-copy 1000 1 PreCommit2 running PC2',
      'only-copy 1000 1 Proving finished ',
    ]);
  });
});
