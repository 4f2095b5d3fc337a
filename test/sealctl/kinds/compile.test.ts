import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/sealctl/kinds/compile.ts';
import { kinds } from '../../../src/sealctl/kinds/index.ts';
import type { HostSpec, Spec } from '../../../src/sealctl/spec/spec.ts';
import { clusterSpec, digestOf, hostSpec, minerSpec, storageSpec, workerSpec } from '../model/spec.ts';

function ids(spec: Spec, host: string): string[] {
  return (compile(spec).get(host) ?? []).map(({ id }) => id);
}

describe('compiling', () => {
  it('gives each host what its daemons need, in the order in which it is set up', () => {
    const spec = clusterSpec([
      hostSpec('miner-1', []),
      hostSpec('worker-1', [workerSpec('worker-1', 'pc1', { storage: [storageSpec('/mnt/a')] })]),
    ]);
    expect(ids(spec, 'miner-1')).toEqual([
      'miner-1/limits',
      'miner-1/releases',
      'miner-1/miner/release',
      'miner-1/miner/env',
      'miner-1/miner/repo-directory',
      'miner-1/miner/config',
      'miner-1/miner/repo',
      'miner-1/miner/unit',
      'miner-1/miner/service',
    ]);
    expect(ids(spec, 'worker-1')).toEqual([
      'worker-1/limits',
      'worker-1/releases',
      'worker-1/worker/pc1/release',
      'worker-1/worker/pc1/env',
      'worker-1/worker/pc1/repo-directory',
      'worker-1/worker/pc1/storage/mnt/a',
      'worker-1/worker/pc1/storage-list',
      'worker-1/worker/pc1/unit',
      'worker-1/worker/pc1/service',
      'worker-1/worker/pc1/tasks',
    ]);
  });

  it('gives nothing to a host with nothing to run, nor for a miner that is not managed', () => {
    const { release: _release, ...unmanaged } = minerSpec('miner-1', { managed: false });
    const spec = clusterSpec([hostSpec('miner-1', []), hostSpec('idle', [])], { miner: unmanaged });
    expect(ids(spec, 'miner-1')).toEqual([]);
    expect(ids(spec, 'idle')).toEqual([]);
  });

  it('puts a program that several daemons run on a host once', () => {
    const two = ['a', 'b'].map((name) => workerSpec('h', name));
    const store = compile(clusterSpec([hostSpec('h', two)], { miner: minerSpec('h') }))
      .get('h')
      ?.find(({ kind }) => kind === 'release-store');
    expect(store?.desired).toMatchObject({
      programs: [{ sha256: digestOf('a') }, { sha256: digestOf('b') }],
    });
  });

  it('keeps everything below the root of a host without systemd', () => {
    const root = '/srv/sealctl';
    const worker = workerSpec('h', 'main', { repo: `${root}/repos/main` });
    const spec = clusterSpec([hostSpec('m', []), hostSpec('h', [worker], { services: 'supervisor', root })]);
    const asked = (compile(spec).get('h') ?? []).flatMap(
      (resource) => kinds.get(resource.kind)?.probe(resource) ?? [],
    );
    const paths = asked.flatMap((request) => ('path' in request ? [request.path] : []));
    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter((path) => !path.startsWith(`${root}/`))).toEqual([]);
  });

  it('is the same for the same spec', () => {
    const spec = clusterSpec([hostSpec('m', [workerSpec('m', 'near')])]);
    expect(compile(spec)).toEqual(compile(structuredClone(spec)));
  });

  it('has a kind for every resource, and an id for each that is its own', () => {
    const hosts: HostSpec[] = Array.from({ length: 50 }, (_, index) =>
      hostSpec(`h${index}`, [workerSpec(`h${index}`, 'a'), workerSpec(`h${index}`, 'b')]),
    );
    const all = [...compile(clusterSpec(hosts)).values()].flat();
    expect(all.filter(({ kind }) => !kinds.has(kind))).toEqual([]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });
});
