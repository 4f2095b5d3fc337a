import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compile } from '../src/sealctl/kinds/compile.ts';
import { loadCluster } from '../src/sealctl/spec/load-cluster.ts';
import type { Spec } from '../src/sealctl/spec/spec.ts';
import { afterBuild } from './sealctl/spec/loading.ts';
import { clusterFile } from '../src/sealctl/spec/schema/cluster.ts';

const root = join(import.meta.dirname, '..');
const examples = readdirSync(join(root, 'examples')).sort();

function specOf(file: string): Spec {
  const { spec, problems } = loadCluster(join(root, file), afterBuild);
  expect(problems).toEqual([]);
  if (spec === undefined) throw new Error(`${file} gives no spec`);
  return spec;
}

describe('the examples', () => {
  it.each(examples)(
    '%s is valid, without a warning, and compiles to resources of every host that runs something',
    (name) => {
      const spec = specOf(`examples/${name}/cluster.yaml`);
      const resources = compile(spec);
      for (const host of spec.hosts) {
        const runs = host.workers.length > 0 || (spec.miner.managed && spec.miner.host === host.name);
        expect([host.name, (resources.get(host.name) ?? []).length > 0]).toEqual([host.name, runs]);
      }
    },
  );

  it('the cluster.yaml of the repository is valid once the programs are built', () => {
    const spec = specOf('cluster.yaml');
    expect(spec.miner.release?.miner.file).toBe(join(root, 'dist/seal-miner'));
    expect(spec.hosts.flatMap((host) => host.workers.map((worker) => worker.label))).toEqual([
      'worker-1',
      'worker-2',
      'prover-1',
    ]);
  });

  it('are what the JSON schemas of editors take, and a misspelled key is not', () => {
    const ajv = new Ajv2020({ strictTypes: false, allErrors: true });
    const validator = (name: string) =>
      ajv.compile(JSON.parse(readFileSync(join(root, 'schemas', name), 'utf8')) as object);
    const [whole, part] = [validator('cluster.schema.json'), validator('cluster-part.schema.json')];
    const problems = (validate: ValidateFunction, file: string) => {
      validate(parse(readFileSync(join(root, file), 'utf8'), { merge: true }));
      return (validate.errors ?? []).map(({ instancePath, message }) => `${file}${instancePath}: ${message}`);
    };
    const files = examples.map((name) => `examples/${name}/cluster.yaml`);
    expect([...files, 'cluster.yaml'].flatMap((file) => problems(whole, file))).toEqual([]);
    const parts = ['sealers', 'provers'].map((name) => `examples/everything/hosts/${name}.yaml`);
    expect(parts.flatMap((file) => problems(part, file))).toEqual([]);
    expect(whole({ version: 1, cluster: 'demo', actor: 'f01000', host: {} })).toBe(false);
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
      'dist/release.json',
    ]);
  });
});
