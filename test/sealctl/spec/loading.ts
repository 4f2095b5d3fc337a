import { join } from 'node:path';
import { diskFiles, memoryFiles, type FileReader } from '../../../src/sealctl/spec/file-reader.ts';
import { loadCluster, type LoadedCluster } from '../../../src/sealctl/spec/load-cluster.ts';
import type { Spec, WorkerSpec } from '../../../src/sealctl/spec/spec.ts';

const digest = 'ab'.repeat(32);

/** A valid cluster file up to its hosts, which the caller adds. Line 8 is the first of `more`. */
export function clusterOf(more: string): string {
  return [
    'version: 1',
    'cluster: lab',
    'actor: f01000',
    'sectorSize: 32GiB',
    'releases:',
    `  r1: {worker: {file: seal-worker, sha256: "${digest}"}, miner: {file: seal-miner, sha256: "${digest}"}}`,
    'miner: {host: m, release: r1, listen: 10.0.0.2:2345}',
    more,
  ].join('\n');
}

/** A valid cluster file with one worker made of these keys, on the host `w`. */
export function workerOf(keys: string): string {
  return clusterOf(`hosts:\n  m: {}\n  w: {release: r1, tasks: [C2], ${keys}}\n`);
}

/** Loads a text as cluster.yaml, beside other files of the same directory. */
export function load(text: string, others: Readonly<Record<string, string>> = {}): LoadedCluster {
  return loadCluster('cluster.yaml', memoryFiles({ 'cluster.yaml': text, ...others }));
}

/** The spec of a text that must have no problem at all. */
export function specOf(text: string, others: Readonly<Record<string, string>> = {}): Spec {
  const { spec, problems } = load(text, others);
  if (spec === undefined || problems.length > 0) throw new Error(JSON.stringify(problems, undefined, 2));
  return spec;
}

/** The worker of a host, by its name. */
export function workerIn(spec: Spec, host: string, name = 'main'): WorkerSpec {
  const worker = spec.hosts
    .find((candidate) => candidate.name === host)
    ?.workers.find((candidate) => candidate.name === name);
  if (worker === undefined) throw new Error(`there is no worker ${host}/${name}`);
  return worker;
}

/** Problems as `severity code line:column`, in order. */
export function told(text: string, others: Readonly<Record<string, string>> = {}): string[] {
  return load(text, others).problems.map(({ severity, code, where }) => {
    const range = where?.in === 'source' ? where.range : undefined;
    const file = range?.file === 'cluster.yaml' ? '' : `${range?.file}:`;
    return `${severity} ${code} ${file}${range?.line}:${range?.column}`;
  });
}

const manifest = join(import.meta.dirname, '../../../dist/release.json');

/** The files of the disk, with the release manifest as the build writes it, whether it has run or not. */
export const afterBuild: FileReader = {
  ...diskFiles,
  read: (path) =>
    path === manifest
      ? JSON.stringify({
          worker: { file: 'seal-worker', sha256: 'a'.repeat(64) },
          miner: { file: 'seal-miner', sha256: 'b'.repeat(64) },
        })
      : diskFiles.read(path),
};
