import { describe, expect, it } from 'vitest';
import { jsonDrainView, liveDrainView, plainDrainView } from '../../../src/sealctl/cli/drain/drain-view.ts';
import type { Blocker } from '../../../src/sealctl/drain/blockers.ts';
import type { DrainEvent } from '../../../src/sealctl/drain/events.ts';
import { screen } from '../ui/screen.ts';

const sector = (Number: number) => ({ Miner: 1000, Number });
const running = (elapsedMs: number): Blocker => ({
  blocker: 'task',
  sector: sector(4),
  task: 'PC1',
  worker: 'sealer-1',
  phase: 'running',
  elapsedMs,
  usualMs: 40_000,
  leftMs: 40_000 - elapsedMs,
});
const copy = (state: string, phase: 'waiting' | 'finished'): Blocker => ({
  blocker: 'only-copy',
  sector: sector(3),
  files: ['sealed', 'cache'],
  paths: ['p'],
  state,
  phase,
  elapsedMs: 5000,
});
const blockers = (...list: Blocker[]): DrainEvent => ({ event: 'drain-blockers', host: 'h', blockers: list });
const move = (outcome: 'started' | 'done'): DrainEvent => ({
  event: 'file-move',
  host: 'h',
  sector: 3,
  outcome,
  to: 'prover-1',
});
const drain: readonly DrainEvent[] = [
  blockers(running(12_000), copy('WaitSeed', 'waiting')),
  blockers(running(13_000), copy('WaitSeed', 'waiting')),
  { event: 'drain-status-unknown', host: 'h', why: 'connection refused' },
  { event: 'drain-status-unknown', host: 'h', why: 'connection refused' },
  blockers(running(20_000), copy('Proving', 'finished')),
  move('started'),
  blockers(copy('Proving', 'finished')),
  move('done'),
  blockers(),
  { event: 'drain-ended', host: 'h', ended: 'clear' },
];

describe('a drain in a pipe', () => {
  it('is a line for everything that begins or ends to be waited for', () => {
    const lines: string[] = [];
    const view = plainDrainView(
      (line) => lines.push(line),
      () => 0,
    );
    drain.forEach(view.notify);
    expect(lines).toEqual([
      'h: waits for PC1 of sector 4 on sealer-1: running for 12s, about 28s left',
      'h: waits for sealed, cache of sector 3 only here: WaitSeed for 5s, no estimate yet',
      'h: cannot list blockers (connection refused); retrying',
      'h: waits for sealed, cache of sector 3 only here: finished (Proving), stays until moved',
      'h: the miner answers again',
      'h: moving the files of sector 3 to prover-1',
      'h: no longer waits for PC1 of sector 4',
      'h: moved the files of sector 3 to prover-1',
      'h: no longer waits for sealed, cache of sector 3',
    ]);
  });

  it('tells everything again after a minute in which nothing was new', () => {
    const lines: string[] = [];
    let now = 0;
    const view = plainDrainView(
      (line) => lines.push(line),
      () => now,
    );
    for (; now <= 90_000; now += 1000) view.notify(blockers(running(now)));
    expect(lines).toEqual([
      'h: waits for PC1 of sector 4 on sealer-1: running for 0s, about 40s left',
      'h: waits for PC1 of sector 4 on sealer-1: running for 1m, longer than the usual 40s',
    ]);
  });

  it('is one event a line as JSON', () => {
    const lines: string[] = [];
    drain.forEach(jsonDrainView((line) => lines.push(line)).notify);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(drain);
  });
});

describe('a drain on a terminal', () => {
  const drawn = (rows: number) => {
    let written = '';
    const write = (text: string) => {
      written += text;
    };
    return { view: liveDrainView(write, { columns: 100, rows }), shown: () => screen(written) };
  };

  it('paints what it waits for in its place, and no more of it than fits', () => {
    const { view, shown } = drawn(6);
    view.notify(blockers(running(12_000), copy('WaitSeed', 'waiting'), copy('WaitSeed', 'waiting')));
    expect(shown()).toEqual([
      'h waits, 0s so far, for:',
      '  PC1 of sector 4 on sealer-1: running for 12s, about 28s left',
      '  sealed, cache of sector 3 only here: WaitSeed for 5s, no estimate yet',
      '  and 1 more',
    ]);
    view.notify(blockers(running(13_000)));
    expect(shown()).toEqual([
      'h waits, 0s so far, for:',
      '  PC1 of sector 4 on sealer-1: running for 13s, about 27s left',
    ]);
    view.notify(blockers());
    expect(shown()).toEqual([]);
  });

  it('leaves the moves of files above what it waits for, and nothing else at its end', () => {
    const { view, shown } = drawn(24);
    drain.slice(0, -2).forEach(view.notify);
    view.notify(blockers(running(20_000)));
    expect(shown()).toEqual([
      'h: moving the files of sector 3 to prover-1',
      'h: moved the files of sector 3 to prover-1',
      'h waits, 0s so far, for:',
      '  PC1 of sector 4 on sealer-1: running for 20s, about 20s left',
    ]);
    drain.slice(-2).forEach(view.notify);
    expect(shown()).toEqual([
      'h: moving the files of sector 3 to prover-1',
      'h: moved the files of sector 3 to prover-1',
    ]);
  });
});
