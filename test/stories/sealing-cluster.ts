import type { ClusterFile } from '../../src/sealctl/spec/schema/cluster.ts';
import { clusterOf, sealingPath, type ClusterBase } from './cluster-file.ts';
import type { FaultyProxy } from './faulty-proxy.ts';
import type { Testbed } from './testbed.ts';

export const sealingHosts = ['miner-1', 'worker-1', 'worker-2', 'worker-3'] as const;
export type SealingHost = (typeof sealingHosts)[number];
export const workerHosts = ['worker-1', 'worker-2', 'worker-3'] as const satisfies readonly SealingHost[];

/** A testbed whose hosts fail in the ways of real ones. */
export interface SealingTestbed extends Testbed {
  /** Stands in front of worker-1: whoever fetches from it goes through here. */
  readonly proxy: FaultyProxy;
  /** Stops every process of the host's worker, or all of the host. */
  readonly freeze: (host: SealingHost) => Promise<void>;
  readonly thaw: (host: SealingHost) => Promise<void>;
  /** The host is lost and never comes back. */
  readonly lose: (host: SealingHost) => Promise<void>;
  /** Breaks the connections of worker-1 and lets no new ones through. */
  readonly cut: () => Promise<void>;
  readonly heal: () => Promise<void>;
  /** All hosts lose their power at once, and get it back. */
  readonly powerCut: () => Promise<void>;
}

/**
 * AddPiece and PC1 on worker-1, PC2 and the store on worker-2, so that every sector moves between hosts; worker-3 can do C2 as well, and
 * AddPiece and PC1 where a story switches them on. C2 is done by a program of the operator's, which waits while the file `gate` is there.
 */
export function sealingCluster(testbed: ClusterBase, proxy: FaultyProxy): ClusterFile {
  const worker = (name: SealingHost, tasks: string[], stores: boolean, env: Record<string, string> = {}) => {
    const host = testbed.host(name);
    return {
      ...host.keys,
      tasks,
      listen: host.listen(0),
      storage: [
        sealingPath(host),
        ...(stores ? [{ path: `${host.data}/store`, use: 'store' as const }] : []),
      ],
      env: { ...env, SEAL_WORKER_EXTERNAL_C2: `/bin/sh ${host.data}/prover.sh` },
    };
  };
  const cluster = clusterOf(testbed, 'miner-1', {
    hosts: {
      'miner-1': testbed.host('miner-1').keys,
      'worker-1': worker('worker-1', ['AP', 'PC1'], false, { SEAL_WORKER_ADVERTISE: proxy.address }),
      'worker-2': worker('worker-2', ['PC2', 'C2'], true),
      'worker-3': worker('worker-3', ['C2'], false),
    },
    rollout: { maxUnavailable: 3, healthyFor: '1s' },
  });
  return {
    ...cluster,
    sectorSize: '8MiB',
    miner: {
      ...cluster.miner,
      // Epochs pass in a blink, and a silent worker is given up before a story gets long.
      env: {
        LOTUS_LOCALCHAIN_BLOCKDELAY: '20ms',
        LOTUS_LOCALCHAIN_PRECOMMITCHALLENGEDELAY: '10',
        LOTUS_SCHEDULER_WORKERLEASE: '9s',
      },
    },
  };
}

/** The operator's prover: not a proof of anything, but its bytes follow from its input alone, so that they can be checked. */
export function proverScript(data: string): string {
  return `while [ -e '${data}/gate' ]; do /bin/sleep 0.05; done
set -- $(/usr/bin/sha256sum "$EXTSEAL_C2_INPUT")
printf %s%s%s "$1" "$1" "$1" >"$EXTSEAL_C2_PROOF"
`;
}
