import { describe, expect, it } from 'vitest';
import { clusterOf, load, specOf, told, workerIn } from './loading.ts';

const several = `
  w:
    release: r1
    tasks: [PC2]
    gpus: []
    cpus: 0-1
    memory: 1GiB
    workers:
      a: {listen: 10.0.0.5:1, storage: [{path: /a, use: seal}, {path: /s, use: store}]}
      b: {listen: 10.0.0.5:2, cpus: 2-3, storage: [{path: /b, use: [seal, store]}]}
  x: {release: r1, tasks: [PC2], storage: [{path: /a, use: seal}]}
`;

function groupsOf(groups: string, hosts = several): string[] {
  const spec = specOf(clusterOf(`storageGroups: ${groups}\nhosts:\n  m: {}${hosts}`));
  return spec.hosts.flatMap((host) =>
    host.workers.flatMap((worker) =>
      worker.storage.map(
        ({ path, groups, allowTo }) => `${host.name}${path} in ${groups.join()} to ${allowTo.join()}`,
      ),
    ),
  );
}

describe('storage groups', () => {
  it('give members both lists, feeders only AllowTo, and store paths neither', () => {
    expect(groupsOf('{g: {members: [w], feeders: [x]}}')).toEqual([
      'w/a in g to g',
      'w/s in  to ',
      'w/b in g to g',
      'x/a in  to g',
    ]);
  });

  it('may name a single worker of a host', () => {
    expect(groupsOf('{g: {members: [w/a], feeders: [w/b]}}')).toEqual([
      'w/a in g to g',
      'w/s in  to ',
      'w/b in  to g',
      'x/a in  to ',
    ]);
  });

  it('add up, in the order of the file', () => {
    expect(groupsOf('{g: {members: [w, x], feeders: [w]}, h: {members: [x], feeders: [w/a]}}')).toEqual([
      'w/a in g to g,h',
      'w/s in  to ',
      'w/b in g to g',
      'x/a in g,h to g,h',
    ]);
  });

  it('give way to what a path says itself', () => {
    const own =
      '\n  x: {release: r1, tasks: [PC2], storage: [{path: /a, use: seal, groups: [own.group], allowTo: []}, {path: /b, use: seal}]}\n';
    expect(groupsOf('{g: {members: [x]}}', own).toString()).toBe('x/a in own.group to ,x/b in g to g');
  });

  it('are where a path took them from', () => {
    const spec = specOf(clusterOf(`storageGroups: {g: {members: [w, x]}}\nhosts:\n  m: {}${several}`));
    expect(workerIn(spec, 'x').storage[0]?.origins['groups']).toMatchObject({
      layer: 'storage group',
      path: 'storageGroups.g',
      range: { line: 8, column: 17 },
    });
  });

  it('that no PC2 worker belongs to are warned of', () => {
    const hosts = '\n  x: {release: r1, tasks: [PC1], storage: [{path: /a, use: seal}]}\n';
    expect(
      told(clusterOf(`storageGroups: {g: {members: [x]}, h: {feeders: [x]}}\nhosts:\n  m: {}${hosts}`)),
    ).toEqual(['warning group-without-pc2 8:17', 'warning group-without-members 8:36']);
  });

  it('that a path names but nobody has are refused', () => {
    const hosts =
      '\n  x: {release: r1, tasks: [PC2], storage: [{path: /a, use: seal, allowTo: [gropu-1]}]}\n';
    const { problems } = load(clusterOf(`storageGroups: {group-1: {members: [x]}}\nhosts:\n  m: {}${hosts}`));
    expect(problems.map(({ code, fix }) => [code, fix])).toContainEqual([
      'unknown-group',
      'did you mean "group-1"?',
    ]);
  });
});
