import { describe, expect, it } from 'vitest';
import type { TaskCode } from '../../../src/core/lotus/task-type.ts';
import {
  leftOf,
  servingCounts,
  taskCodes,
  WorkersLeft,
  type InterruptedDaemon,
} from '../../../src/sealctl/plan/order/serving.ts';

const offering = (...before: TaskCode[]): InterruptedDaemon => ({
  label: before.join(),
  before,
  after: before,
});
const planned = (counts: Partial<Record<TaskCode, number>>) =>
  new WorkersLeft(counts, ({ before }) => before);

describe('the task types that workers offer', () => {
  it('are counted by worker, whatever else each offers', () => {
    const workers = [{ tasks: ['PC1', 'AP'] }, { tasks: ['PC1'] }, { tasks: [] }] as const;
    expect(servingCounts(workers)).toEqual({ PC1: 2, AP: 1 });
  });

  it('are known by the names that Lotus gives them; a name of a later version is left out', () => {
    expect(taskCodes(['seal/v0/precommit/1', 'seal/v9/unheard', 'seal/v0/commit/2'])).toEqual(['PC1', 'C2']);
    expect(taskCodes([])).toEqual([]);
  });
});

describe('the workers left for a task type', () => {
  it('fall below the least number with the first daemon that makes them fewer', () => {
    expect(planned({ PC2: 3 }).fallsBelow(2, 'PC2', [offering('PC2')])).toBe(false);
    expect(planned({ PC2: 3 }).fallsBelow(2, 'PC2', [offering('PC2'), offering('PC2')])).toBe(true);
    expect(planned({}).fallsBelow(1, 'PC2', [offering('PC2')])).toBe(true);
  });

  it('do not fall because of a daemon that offers other types, even where they are too few already', () => {
    expect(planned({ PC2: 1, PC1: 9 }).fallsBelow(2, 'PC2', [offering('PC1', 'AP')])).toBe(false);
  });

  it('fall by one with each daemon, however many types it offers', () => {
    expect(planned({ PC2: 3 }).fallsBelow(2, 'PC2', [offering('AP', 'PC1', 'PC2', 'C2')])).toBe(false);
  });

  it('are fewer while a daemon is away, and as many as it offers when it is back', () => {
    const left = planned({ PC1: 2, PC2: 1 });
    const changing: InterruptedDaemon = { label: 'w', before: ['PC1'], after: ['PC2'] };
    left.takeAway([changing]);
    expect(left.fallsBelow(1, 'PC1', [offering('PC1')])).toBe(true);
    expect(left.fallsBelow(1, 'PC2', [offering('PC2')])).toBe(true);
    left.giveBack([changing]);
    expect(left.fallsBelow(1, 'PC1', [offering('PC1')])).toBe(true);
    expect(left.fallsBelow(1, 'PC2', [offering('PC2')])).toBe(false);
  });
});

describe('the workers that the miner lists now', () => {
  const workers = [
    { label: 'a', tasks: ['PC1'] },
    { label: 'b', tasks: ['PC1', 'PC2'] },
    { label: 'b', tasks: ['PC1'] },
  ] as const;
  const daemon = (label: string): InterruptedDaemon => ({ label, before: ['C2'], after: ['C2'] });

  it('count with what they offer now, not with what they offered as the plan was made', () => {
    const left = leftOf(workers, []);
    expect(left.fallsBelow(3, 'PC1', [daemon('a')])).toBe(true);
    expect(left.fallsBelow(2, 'PC1', [daemon('a')])).toBe(false);
    expect(left.fallsBelow(9, 'C2', [daemon('a')])).toBe(false);
  });

  it('count without those that are interrupted, and each worker of one label counts', () => {
    const left = leftOf(workers, [daemon('b')]);
    expect(left.fallsBelow(1, 'PC1', [daemon('a')])).toBe(true);
    expect(leftOf(workers, [daemon('a')]).fallsBelow(0, 'PC1', [daemon('b')])).toBe(false);
    expect(leftOf(workers, [daemon('a')]).fallsBelow(1, 'PC1', [daemon('b')])).toBe(true);
  });

  it('are not fewer for an interrupted daemon that is not among them', () => {
    const left = leftOf(workers, [daemon('dead')]);
    expect(left.fallsBelow(2, 'PC1', [daemon('a')])).toBe(false);
    expect(left.fallsBelow(9, 'PC1', [daemon('dead')])).toBe(false);
  });
});
