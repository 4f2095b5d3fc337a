import type {
  HostSpec,
  MinerSpec,
  Spec,
  StoragePathSpec,
  WorkerSpec,
} from '../../../src/sealctl/spec/spec.ts';

/** A digest that is told apart at a glance: `a` gives sixty-four of them. */
export function digestOf(character: string): string {
  return character.repeat(64);
}

/** A storage path for sealing, with what a test wants otherwise. */
export function storageSpec(path: string, changes: Partial<StoragePathSpec> = {}): StoragePathSpec {
  return {
    path,
    canSeal: true,
    canStore: false,
    weight: 10,
    maxStorageBytes: 0,
    groups: [],
    allowTo: [],
    allowTypes: [],
    denyTypes: [],
    allowMiners: [],
    denyMiners: [],
    mount: false,
    origins: {},
    ...changes,
  };
}

/** A PC1 worker on a host, with what a test wants otherwise. */
export function workerSpec(host: string, name: string, changes: Partial<WorkerSpec> = {}): WorkerSpec {
  return {
    host,
    name,
    label: `${host}-${name}`,
    release: {
      name: 'seal-0.1',
      worker: { file: '/build/seal-worker', sha256: digestOf('a'), requiresCpu: [] },
    },
    tasks: ['PC1'],
    limits: {},
    resources: {},
    env: {},
    listen: { host: '10.0.0.11', port: 3456 },
    repo: `/var/lib/sealctl/repos/${name}`,
    args: [],
    storage: [],
    ulimits: { nofile: 1_048_576 },
    drainTimeoutMs: 3_600_000,
    origins: {},
    ...changes,
  };
}

/** A systemd host with these workers. */
export function hostSpec(
  name: string,
  workers: readonly WorkerSpec[],
  changes: Partial<HostSpec> = {},
): HostSpec {
  return {
    name,
    address: '10.0.0.11',
    ssh: { become: 'sudo', hostKeys: 'strict', transport: 'ssh2' },
    services: 'systemd',
    root: '/',
    gpuRuntime: 'bare-metal',
    keepReleases: 2,
    ulimits: { nofile: 1_048_576 },
    workers,
    origins: {},
    ...changes,
  };
}

/** A managed miner on a host. */
export function minerSpec(host: string, changes: Partial<MinerSpec> = {}): MinerSpec {
  return {
    host,
    release: {
      name: 'seal-0.1',
      miner: { file: '/build/seal-miner', sha256: digestOf('b'), requiresCpu: [] },
    },
    listen: { host: '10.0.0.2', port: 2345 },
    advertise: { host: '10.0.0.2', port: 2345 },
    repo: '/var/lib/sealctl/repos/miner',
    tasks: [],
    token: { from: 'miner-token' },
    env: {},
    args: [],
    config: {},
    managed: true,
    ulimits: { nofile: 1_048_576 },
    origins: {},
    ...changes,
  };
}

/** A cluster of these hosts whose miner is on the first. */
export function clusterSpec(hosts: readonly HostSpec[], changes: Partial<Spec> = {}): Spec {
  return {
    cluster: 'lab',
    actor: 'f01000',
    sectorSize: '32GiB',
    miner: minerSpec(hosts[0]?.name ?? 'miner-1'),
    hosts,
    rollout: {
      maxUnavailable: { count: 1 },
      keepServing: {},
      healthyForMs: 0,
      pauseMs: 0,
    },
    ...changes,
  };
}
