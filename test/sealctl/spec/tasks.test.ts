import { describe, expect, it } from 'vitest';
import { readTaskName } from '../../../src/sealctl/spec/task-names.ts';
import { clusterOf, load, specOf, told, workerIn } from './loading.ts';

const host = (keys: string): string => clusterOf(`hosts: {m: {}, w: {release: r1, ${keys}}}`);

describe('task types in cluster.yaml', () => {
  it('are understood by code, by long name and by their name on the wire, in the order of Lotus', () => {
    const spec = specOf(host('tasks: [RegenSectorKey, seal/v0/commit/2, PR2, UNS]'));
    expect(workerIn(spec, 'w').tasks).toEqual(['UNS', 'C2', 'PR2', 'GSK']);
  });

  it('are understood in any case, with a hint', () => {
    const { spec, problems } = load(host('tasks: [c2, provereplicaupdate2]'));
    expect(spec && workerIn(spec, 'w').tasks).toEqual(['C2', 'PR2']);
    expect(problems.map(({ severity, code, fix }) => [severity, code, fix])).toEqual([
      ['warning', 'task-spelling', 'write C2'],
      ['warning', 'task-spelling', 'write PR2'],
    ]);
  });

  it('PRU2 of the public documentation is taken for PR2', () => {
    const { spec, problems } = load(host('tasks: [PR2], limits: {PRU2: 3}'));
    expect(spec && workerIn(spec, 'w').limits).toEqual({ PR2: 3 });
    expect(problems[0]?.why).toContain('Lotus reads PR2 and silently ignores PRU2');
  });

  it('that every worker offers need not be listed', () => {
    const { spec, problems } = load(host('tasks: [C2, GET, FIN]'));
    expect(spec && workerIn(spec, 'w').tasks).toEqual(['C2']);
    expect(problems.map(({ code }) => code)).toEqual(['implied-task', 'implied-task']);
  });

  it('spelled in two ways are one entry of a map', () => {
    const spec = specOf(
      clusterOf(
        'defaults: {limits: {Commit2: 2}}\nhosts: {m: {}, w: {release: r1, tasks: [C2], limits: {C2: 3}}}',
      ),
    );
    expect(workerIn(spec, 'w').limits).toEqual({ C2: 3 });
  });

  it('near a known one are suggested', () => {
    expect(load(host('tasks: [CP1]')).problems[0]?.fix).toBe('did you mean "PC1"?');
    expect(load(host('tasks: C2')).problems[0]?.fix).toBe('for this one task write [C2]');
    expect(load(host('tasks: none')).problems[0]?.fix).toBe('for no tasks write []');
    expect(load(`${host('tasks: [p]')}\ntaskSets: {p: [C2]}`).problems[0]?.fix).toContain(
      'write it alone, as "tasks: p"',
    );
  });

  it('without a limit of their own warn where the limit stands with the worker', () => {
    expect(told(host('tasks: [C2], limits: {PC1: 1}'))).toEqual(['warning limit-without-task 8:55']);
    expect(
      told(clusterOf('defaults: {limits: {PC1: 1}}\nhosts: {m: {}, w: {release: r1, tasks: [C2]}}')),
    ).toEqual([]);
  });

  it('all have three names', () => {
    expect(readTaskName('PC1')?.code).toBe('PC1');
    expect(readTaskName('PreCommit1')?.code).toBe('PC1');
    expect(readTaskName('seal/v0/precommit/1')?.code).toBe('PC1');
    expect(readTaskName('PC')).toBeUndefined();
    expect(readTaskName('toString')).toBeUndefined();
  });
});
