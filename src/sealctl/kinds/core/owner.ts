import { layoutOf, type HostLayout } from '../../host/layout.ts';
import type { HostSpec, MinerSpec, Spec, WorkerSpec } from '../../spec/spec.ts';
import { minerDaemon, workerDaemon, type Daemon } from '../daemon/daemon.ts';

/** A miner whose program sealctl puts on the host. */
export type ManagedMiner = MinerSpec & Required<Pick<MinerSpec, 'release'>>;

/** The part of cluster.yaml that a resource belongs to: a host as a whole, or one daemon of it. */
export type Owner = HostOwner | MinerOwner | WorkerOwner;

interface Place {
  readonly spec: Spec;
  readonly host: HostSpec;
}

export interface HostOwner extends Place {
  readonly of: 'host';
  readonly layout: HostLayout;
  /** Present on the host that the managed miner runs on. */
  readonly miner?: ManagedMiner;
}

export interface MinerOwner extends Place {
  readonly of: 'miner';
  readonly daemon: Daemon;
  readonly miner: ManagedMiner;
}

export interface WorkerOwner extends Place {
  readonly of: 'worker';
  readonly daemon: Daemon;
  readonly worker: WorkerSpec;
}

/**
 * Returns the owners on a host in the order in which they are set up: the host, the miner, the workers, which register with the miner.
 * A host without a daemon has no owner.
 */
export function ownersOn(host: HostSpec, spec: Spec): Owner[] {
  const miner = isOn(host, spec.miner) ? spec.miner : undefined;
  if (miner === undefined && host.workers.length === 0) return [];
  const layout = layoutOf(host);
  return [
    { of: 'host', spec, host, layout, ...(miner === undefined ? {} : { miner }) },
    ...(miner === undefined
      ? []
      : [{ of: 'miner' as const, spec, host, daemon: minerDaemon(host, layout, miner), miner }]),
    ...host.workers.map((worker) => ({
      of: 'worker' as const,
      spec,
      host,
      daemon: workerDaemon(host, layout, worker),
      worker,
    })),
  ];
}

function isOn(host: HostSpec, miner: MinerSpec): miner is ManagedMiner {
  return miner.managed && miner.release !== undefined && miner.host === host.name;
}
