import type { ClusterFile } from '../../src/sealctl/spec/schema/cluster.ts';
import type { SectorSize } from '../../src/core/lotus/sector-size.ts';
import { clusterOf, type ClusterBase } from '../stories/cluster-file.ts';

export const demoHosts = ['miner-1', 'worker-1', 'worker-2', 'worker-3'] as const;

export interface DemoCluster {
  readonly name: string;
  readonly actor: string;
  readonly sectorSize: SectorSize;
  /** Which of a host's ports its daemons use: two clusters share the hosts. */
  readonly daemon: number;
}

/**
 * Three workers with a part of the work each: worker-1 fills sectors and computes PC1, worker-2 takes them over for PC2 and C1 and keeps
 * them, worker-3 proves and has capacity for more.
 */
export function demoCluster(
  base: ClusterBase,
  { name, actor, sectorSize, daemon }: DemoCluster,
  parents: string,
): ClusterFile {
  const worker = (host: string, tasks: string[], limits: Record<string, number>, stores: boolean) => ({
    ...keysOf(host),
    tasks,
    limits,
    listen: base.host(host).listen(daemon),
    storage: [
      { path: `${base.host(host).data}/${name}-seal`, use: 'seal' as const },
      ...(stores ? [{ path: `${base.host(host).data}/${name}-store`, use: 'store' as const }] : []),
    ],
  });
  // Each cluster has a directory of its own on the shared hosts.
  const keysOf = (host: string) => {
    const { keys, data } = base.host(host);
    return { ...keys, root: `${data}/${name}` };
  };
  const cluster = clusterOf(base, 'miner-1', {
    hosts: {
      'miner-1': keysOf('miner-1'),
      'worker-1': worker('worker-1', ['AP', 'PC1'], { PC1: 1 }, false),
      'worker-2': worker('worker-2', ['PC2'], { PC2: 1 }, true),
      'worker-3': worker('worker-3', ['C2'], {}, true),
    },
    rollout: { maxUnavailable: 3, healthyFor: '1s' },
  });
  const { env } = cluster.defaults ?? {};
  return {
    ...cluster,
    cluster: name,
    actor,
    sectorSize,
    defaults: {
      ...cluster.defaults,
      env: { ...env, FIL_PROOFS_PARENT_CACHE: parents },
      // What an account may open without asking anybody, so that no plan warns of it.
      ulimits: { nofile: 4096 },
    },
    miner: {
      ...cluster.miner,
      listen: base.host('miner-1').listen(daemon),
      // An epoch of a real chain takes 30 s; the seed comes 150 epochs after PC2.
      env: { LOTUS_LOCALCHAIN_BLOCKDELAY: '10ms' },
    },
  };
}
