import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskFiles, type FileReader } from '../src/spec/file-reader.ts';
import { loadCluster } from '../src/spec/load-cluster.ts';
import type { Spec } from '../src/spec/spec.ts';
import { clusterFile } from '../src/spec/schema/cluster.ts';

const root = join(import.meta.dirname, '..');
const examples = readdirSync(join(root, 'examples')).sort();

/** The files of the disk, and the release manifest as the build would write it. */
const afterBuild: FileReader = {
  ...diskFiles,
  read: (path) =>
    path === join(root, 'dist/release.json')
      ? JSON.stringify({
          worker: { file: 'seal-worker', sha256: 'a'.repeat(64) },
          miner: { file: 'seal-miner', sha256: 'b'.repeat(64) },
        })
      : diskFiles.read(path),
};

function specOf(file: string): Spec {
  const { spec, problems } = loadCluster(join(root, file), afterBuild);
  expect(problems).toEqual([]);
  if (spec === undefined) throw new Error(`${file} gives no spec`);
  return spec;
}

describe('the examples', () => {
  it.each(examples)('%s is valid, without a warning', (name) => {
    expect(specOf(`examples/${name}/cluster.yaml`).hosts.length).toBeGreaterThan(0);
  });

  it('the cluster.yaml of the repository is valid once the programs are built', () => {
    const spec = specOf('cluster.yaml');
    expect(spec.miner.release?.miner.file).toBe(join(root, 'dist/seal-miner'));
    expect(spec.hosts.flatMap((host) => host.workers.map((worker) => worker.label))).toEqual([
      'worker-1',
      'worker-2',
      'prover-1',
    ]);
  });

  it('one cluster.yaml for each real situation', () => {
    expect(examples).toEqual([
      'everything',
      'existing-lotus-fleet',
      'gpu-host',
      'jump-host',
      'miner-with-worker',
      'rootless',
      'storage-groups',
    ]);
    for (const name of examples) expect(existsSync(join(root, 'examples', name, 'cluster.yaml'))).toBe(true);
  });

  it('the three workers of the Lotus page get its groups', () => {
    const spec = specOf('examples/storage-groups/cluster.yaml');
    const groups = spec.hosts
      .flatMap((host) => host.workers)
      .map(({ host, storage: [path] }) => [host, path?.groups, path?.allowTo]);
    expect(groups).toEqual([
      ['worker-1', ['example-seal-group-1'], ['example-seal-group-1']],
      ['worker-2', ['example-seal-group-2'], ['example-seal-group-2']],
      ['worker-3', [], ['example-seal-group-1']],
    ]);
  });

  it('the example of everything uses every key of the top level', () => {
    const { sources } = loadCluster(join(root, 'examples/everything/cluster.yaml'), afterBuild);
    const text = [...sources.values()].join('\n');
    const unused = Object.keys(clusterFile.shape).filter((key) => !new RegExp(`^${key}:`, 'm').test(text));
    expect(unused).toEqual([]);
    expect([...sources.keys()].map((path) => relative(root, path))).toEqual([
      'examples/everything/cluster.yaml',
      'examples/everything/hosts/sealers.yaml',
      'examples/everything/hosts/provers.yaml',
      'examples/everything/release.json',
    ]);
  });
});
