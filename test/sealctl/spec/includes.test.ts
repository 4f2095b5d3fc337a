import { describe, expect, it } from 'vitest';
import { clusterOf, load, specOf, told, workerIn } from './loading.ts';

const root = clusterOf('include: [more/hosts.yaml, defaults.yaml]\nhosts: {m: {}}');
const others = {
  'more/hosts.yaml': 'include: [../tasks.yaml]\nhosts:\n  w: {tasks: prove, ssh: {identityFile: id}}\n',
  'defaults.yaml': 'version: 1\ndefaults: {release: r1, ssh: {knownHosts: known}}\n',
  'tasks.yaml': 'taskSets: {prove: [C2]}\n',
};

describe('included files', () => {
  it('join their maps, and their paths are relative to themselves', () => {
    const spec = specOf(root, others);
    expect(spec.hosts.map((host) => host.name)).toEqual(['m', 'w']);
    expect(workerIn(spec, 'w').tasks).toEqual(['C2']);
    expect(spec.hosts[1]?.ssh).toMatchObject({ identityFile: '/more/id', knownHosts: '/known' });
  });

  it('are all named, in the order in which they were read', () => {
    expect(load(root, others).files).toEqual([
      'cluster.yaml',
      'more/hosts.yaml',
      'tasks.yaml',
      'defaults.yaml',
    ]);
  });

  it('get their problems told in themselves', () => {
    const wrong = { ...others, 'more/hosts.yaml': 'hosts:\n  w:\n    tasks: [C2]\n    gpu: [0]\n' };
    expect(told(root, wrong)).toEqual(['error unknown-key more/hosts.yaml:4:5']);
  });

  it('get what is wrong with a name told where they give it', () => {
    const wrong = { ...others, 'more/hosts.yaml': 'hosts:\n  w w: {release: r1, tasks: [C2]}\n' };
    expect(told(root, wrong)).toEqual(['error bad-name more/hosts.yaml:2:3']);
  });

  it('may not say a thing twice', () => {
    const twice = {
      ...others,
      'tasks.yaml': 'hosts: {w: {tasks: [C2]}}\ntaskSets: {prove: [C2]}\ncluster: other\n',
    };
    expect(told(root, twice)).toEqual([
      'error include-conflict tasks.yaml:1:9',
      'error include-conflict tasks.yaml:3:1',
    ]);
    expect(load(root, twice).problems[1]).toMatchObject({
      why: 'its first entry is in cluster.yaml, line 2',
    });
  });

  it('reached on two ways count once', () => {
    const diamond = { ...others, 'defaults.yaml': `include: [tasks.yaml]\n${others['defaults.yaml']}` };
    expect(told(root, diamond)).toEqual([]);
  });

  it('may not include themselves, however far around', () => {
    const around = { ...others, 'tasks.yaml': 'include: [cluster.yaml]\ntaskSets: {prove: [C2]}\n' };
    expect(told(root, around)).toEqual(['error include-cycle tasks.yaml:1:11']);
    expect(load(root, around).problems[0]?.why).toBe(
      'the cycle is cluster.yaml -> more/hosts.yaml -> tasks.yaml -> cluster.yaml',
    );
  });

  it('that are missing are told where they are named, and the rest is still checked', () => {
    const { 'tasks.yaml': _, ...missing } = others;
    expect(told(root, missing)).toEqual([
      'error include-unreadable more/hosts.yaml:1:11',
      'error unknown-task-set more/hosts.yaml:3:14',
    ]);
  });

  it('that are broken are told in themselves', () => {
    const broken = { ...others, 'tasks.yaml': 'taskSets: {prove: [C2}\n' };
    expect(told(root, broken)).toEqual(['error yaml-syntax tasks.yaml:1:22']);
  });
});

describe('anchors, aliases and merges', () => {
  it('give values to several places', () => {
    const spec = specOf(
      clusterOf(
        'hosts:\n  m: {}\n  a: &a {release: r1, tasks: &t [C2], gpus: [0]}\n  b: {<<: *a, gpus: [1]}\n  c: {release: r1, tasks: *t}\n',
      ),
    );
    expect(spec.hosts.slice(1).map((host) => host.workers[0]?.gpus)).toEqual([['0'], ['1'], undefined]);
    expect(workerIn(spec, 'c').tasks).toEqual(['C2']);
  });

  it('lead to the text that was written, and tell it once', () => {
    const text = clusterOf(
      'hosts:\n  m: {}\n  a: &a\n    release: r1\n    tasks: [C2]\n    gpsu: [0]\n  b: {<<: *a}\n  c: *a\n',
    );
    expect(told(text)).toEqual(['error unknown-key 13:5']);
  });

  it('merge the first of several maps first, and own keys before all', () => {
    const spec = specOf(
      clusterOf(
        'profiles: {x: {env: &x {A: x, B: x, C: x}}, y: {env: &y {B: y, D: y}}}\nhosts: {m: {}, w: {release: r1, tasks: [C2], env: {<<: [*x, *y], C: own}}}',
      ),
    );
    expect(workerIn(spec, 'w').env).toEqual({ A: 'x', B: 'x', C: 'own', D: 'y' });
  });
});
