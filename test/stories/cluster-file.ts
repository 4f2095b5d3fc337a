import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Document, isMap, isScalar, isSeq, visit, type YAMLMap, type YAMLSeq } from 'yaml';
import type { ClusterFile } from '../../src/sealctl/spec/schema/cluster.ts';
import type { Testbed, TestHost } from './testbed.ts';

type HostKeys = NonNullable<ClusterFile['hosts'][string]>;

/** What a cluster file says of a testbed. */
export type ClusterBase = Pick<Testbed, 'host' | 'defaults'> & {
  /** Absolute path of the manifest of the release that runs. */
  readonly release: string;
};

/** The cluster file of a story while the story goes on. */
export interface EditedCluster {
  readonly now: () => ClusterFile;
  /** Changes cluster.yaml in the workspace. */
  readonly edit: (change: (draft: ClusterFile) => void) => void;
}

/** Writes a first cluster.yaml into the workspace. */
export function beginCluster({ workspace }: Pick<Testbed, 'workspace'>, first: ClusterFile): EditedCluster {
  let file = first;
  const write = () => writeFileSync(join(workspace, 'cluster.yaml'), clusterText(file));
  write();
  return {
    now: () => file,
    edit: (change) => {
      file = structuredClone(file);
      change(file);
      write();
    },
  };
}

/** The keys of a host that a story is about to change. */
export function hostKeys(file: ClusterFile, name: string): HostKeys {
  const keys = file.hosts[name];
  if (keys === undefined || keys === null) throw new Error(`the cluster file says nothing of host ${name}`);
  return keys;
}

/**
 * The three-worker storage-group case of Lotus's page on seal workers: worker-1 and worker-2 keep their sectors, worker-3 feeds
 * worker-1. The miner has a host of its own, miner-1.
 */
export function storageGroupCluster(testbed: ClusterBase): ClusterFile {
  const worker = (name: string, tasks: string, limits: Record<string, number>): HostKeys => ({
    ...testbed.host(name).keys,
    tasks,
    limits,
    listen: testbed.host(name).listen(0),
    storage: [sealingPath(testbed.host(name))],
  });
  return clusterOf(testbed, 'miner-1', {
    taskSets: { precommit: ['AP', 'PC1', 'PC2'], 'pc1-only': ['PC1'] },
    storageGroups: {
      'group-1': { members: ['worker-1'], feeders: ['worker-3'] },
      'group-2': { members: ['worker-2'] },
    },
    hosts: {
      'miner-1': testbed.host('miner-1').keys,
      'worker-1': worker('worker-1', 'precommit', { PC1: 4, PC2: 1 }),
      'worker-2': worker('worker-2', 'precommit', { PC1: 4, PC2: 1 }),
      'worker-3': worker('worker-3', 'pc1-only', { PC1: 8 }),
    },
    rollout: { maxUnavailable: 1, canary: 'worker-3', healthyFor: '1s' },
  });
}

/** A cluster of a testbed: one release everywhere, and a miner on `minerHost` that delegates everything. */
export function clusterOf(
  { host, defaults, release }: ClusterBase,
  minerHost: string,
  { hosts, rollout, ...sets }: Pick<ClusterFile, 'taskSets' | 'storageGroups' | 'hosts' | 'rollout'>,
): ClusterFile {
  return {
    version: 1,
    cluster: 'demo',
    actor: 'f01000',
    sectorSize: '2KiB',
    releases: { local: { manifest: release } },
    ...sets,
    defaults: { release: 'local', ...defaults },
    miner: { host: minerHost, listen: host(minerHost).listen(0), tasks: [] },
    hosts,
    ...(rollout === undefined ? {} : { rollout }),
  };
}

/** A sealing path on a host; `name` tells several apart. */
export function sealingPath({ data }: TestHost, name = 'seal'): { path: string; use: 'seal' } {
  return { path: `${data}/${name}`, use: 'seal' };
}

/** YAML as a person would write it: maps and lists of plain values on one line, a blank line before each part. */
export function clusterText(file: ClusterFile): string {
  const document = new Document(file);
  visit(document, {
    Pair: (_key, { key, value }, path) => {
      if (path.length === 2 && isMap(value) && isScalar(key)) key.spaceBefore = true;
    },
    Collection: (_key, node, path) => {
      if (path.length > 1 && isPlain(node)) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function isPlain(collection: YAMLMap | YAMLSeq): boolean {
  return collection.items.every((item) => {
    const value = typeof item === 'object' && item !== null && 'value' in item ? item.value : item;
    return !isMap(value) && (!isSeq(value) || isPlain(value));
  });
}
