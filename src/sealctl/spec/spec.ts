import type { SectorSize } from '@sealctl/core/lotus/sector-size';
import type { TaskCode } from '@sealctl/core/lotus/task-type';
import type { SourceRange } from '@sealctl/core/problem/problem';
import type { SecretRef } from '@sealctl/core/secret/secret';
import type { HostSettings } from './settings/index.ts';

/**
 * cluster.yaml after loading: every layer and default is applied, and every reference is resolved. The same `Spec` always compiles to the
 * same desired state. Sizes are in bytes and times in milliseconds, as in their names.
 */
export interface Spec {
  readonly cluster: string;
  /** The storage provider's actor address, such as `f01000`. */
  readonly actor: string;
  readonly sectorSize: SectorSize;
  readonly miner: MinerSpec;
  /** In the order of the file. */
  readonly hosts: readonly HostSpec[];
  readonly rollout: RolloutSpec;
}

/** The layer of cluster.yaml that a value comes from. Later layers have precedence. */
export type LayerName =
  'built-in' | 'defaults' | 'task set' | 'profile' | 'host' | 'worker' | 'storage group' | 'cluster';

export interface Origin {
  readonly layer: LayerName;
  /** Dotted path of the key in cluster.yaml, such as `hosts.worker-1.limits.PC1`; for built-in values the key that would set them. */
  readonly path: string;
  /** Absent for built-in values. */
  readonly range?: SourceRange | undefined;
}

/**
 * The origin of each field, by the dotted path of its key in cluster.yaml within the object: `limits.PC1`, `env.RUST_LOG`, `memory` for
 * `memoryBytes`, `use` for `canSeal` and `canStore`.
 */
export type Origins = { readonly [Key in OriginKey]?: Origin };

/** `` is the object as a whole. */
export type OriginKey =
  | ''
  | HostKey
  | DaemonKey
  | StorageKey
  | keyof HostSettings
  | `${keyof HostSettings | 'config' | 'env' | 'limits' | 'resources' | 'ssh' | 'ulimits'}.${string}`;
type HostKey = 'address' | 'services' | 'gpuRuntime' | 'keepReleases' | 'root';
type DaemonKey =
  | 'label'
  | 'listen'
  | 'advertise'
  | 'tasks'
  | 'release'
  | 'repo'
  | 'runAs'
  | 'unit'
  | 'args'
  | 'cpus'
  | 'gpus'
  | 'memory'
  | 'storage';
type StorageKey =
  | 'path'
  | 'use'
  | 'weight'
  | 'maxStorage'
  | 'groups'
  | 'allowTo'
  | 'allowTypes'
  | 'denyTypes'
  | 'allowMiners'
  | 'denyMiners';

/** Returns the origin of a key given as text, such as one from the command line. */
export function originAt(origins: Origins, key: string): Origin | undefined {
  const all: Readonly<Record<string, Origin | undefined>> = origins;
  return all[key];
}

/** A host; a setting that no layer sets is absent. */
export interface HostSpec extends HostSettings {
  readonly name: string;
  readonly address: string;
  readonly ssh: SshSpec;
  /**
   * The service manager: `systemd` (sealctl writes units and needs root), or `supervisor` (sealctl's own, for containers and hosts without
   * root; all files are under `root` then).
   */
  readonly services: 'systemd' | 'supervisor';
  /** Base directory of everything sealctl puts on the host: `/` for systemd, a private directory otherwise. */
  readonly root: string;
  /** Determines the variable that selects GPUs: CUDA_VISIBLE_DEVICES on bare metal, NVIDIA_VISIBLE_DEVICES in containers. */
  readonly gpuRuntime: 'bare-metal' | 'container';
  /** Number of replaced releases to keep on the host. */
  readonly keepReleases: number;
  readonly ulimits: { readonly nofile: number };
  /** In the order of the file. */
  readonly workers: readonly WorkerSpec[];
  readonly origins: Origins;
}

export interface SshSpec {
  /** Absent means the user of ssh_config, or the local login name. */
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
  readonly proxyJump?: string;
  /** `sudo` runs every command as root through `sudo -n`; `none` runs as the login user. */
  readonly become: 'sudo' | 'none';
  readonly hostKeys: 'strict' | 'accept-new';
  readonly knownHosts?: string;
  readonly transport: 'ssh2' | 'openssh';
}

/** One program file of a release, always named by its digest. */
export interface ProgramSpec {
  /** Local path, absolute. */
  readonly file: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** CPU feature flags, as in /proc/cpuinfo, without which the program is not put on a host. */
  readonly requiresCpu: readonly string[];
}

export interface WorkerSpec {
  readonly host: string;
  /** Unique on its host; `main` for the only worker of a host without `workers`. */
  readonly name: string;
  /** The worker's name in the miner's listing (`--name`), unique in the cluster. */
  readonly label: string;
  readonly release: { readonly name: string; readonly worker: ProgramSpec };
  /** Sealing task types the worker offers, in Lotus's order, without the ones every worker always offers. */
  readonly tasks: readonly TaskCode[];
  /** `<CODE>_<SIZE>_MAX_CONCURRENT`; every value at least 1. */
  readonly limits: Readonly<Partial<Record<TaskCode, number>>>;
  readonly resources: Readonly<Partial<Record<TaskCode, ResourceOverride>>>;
  /** Further environment of the process. */
  readonly env: Readonly<Record<string, string | SecretRef>>;
  /** Indices or UUIDs; absent means every GPU the host has. An empty list means none. */
  readonly gpus?: readonly string[];
  /** Linux CPU list such as `0-31,64-95`; absent means all. */
  readonly cpus?: string;
  readonly memoryBytes?: number;
  readonly listen: { readonly host: string; readonly port: number };
  /** LOTUS_WORKER_PATH, absolute on the host. */
  readonly repo: string;
  /** Name of the systemd service, with `.service`; absent means a name of sealctl's own. */
  readonly unit?: string;
  /** The account the process runs as; absent means sealctl's own account on the host. */
  readonly runAs?: string;
  /** Extra words for `run`, such as `--parallel-fetch-limit=8`. */
  readonly args: readonly string[];
  readonly storage: readonly StoragePathSpec[];
  readonly ulimits: { readonly nofile: number };
  /** How long to wait for running tasks before a restart gives up, in milliseconds. */
  readonly drainTimeoutMs: number;
  readonly origins: Origins;
}

/** Lotus's resource override fields, in Lotus's units: bytes, threads, GPUs. */
export interface ResourceOverride {
  readonly minMemory?: number;
  readonly maxMemory?: number;
  readonly baseMinMemory?: number;
  readonly gpuUtilization?: number;
  readonly maxParallelism?: number;
  readonly maxParallelismGpu?: number;
}

export interface StoragePathSpec {
  readonly path: string;
  readonly canSeal: boolean;
  readonly canStore: boolean;
  readonly weight: number;
  /** 0 means unlimited, as in Lotus. */
  readonly maxStorageBytes: number;
  readonly groups: readonly string[];
  readonly allowTo: readonly string[];
  readonly allowTypes: readonly string[];
  readonly denyTypes: readonly string[];
  readonly allowMiners: readonly string[];
  readonly denyMiners: readonly string[];
  /** True when the path must be a mount point; a missing mount is then an error, and no directory is created. */
  readonly mount: boolean;
  readonly origins: Origins;
}

export interface MinerSpec {
  readonly host: string;
  /** Absent only for an unmanaged miner, whose program is not sealctl's. */
  readonly release?: { readonly name: string; readonly miner: ProgramSpec };
  readonly listen: { readonly host: string; readonly port: number };
  /** The address workers reach it at; differs from `listen` when that is 0.0.0.0. */
  readonly advertise: { readonly host: string; readonly port: number };
  /** LOTUS_MINER_PATH, absolute on the host. */
  readonly repo: string;
  /** Name of the systemd service, with `.service`; absent means a name of sealctl's own. */
  readonly unit?: string;
  readonly runAs?: string;
  /** Task types that the miner's built-in worker may run; empty delegates everything (every Allow* switch off). */
  readonly tasks: readonly TaskCode[];
  readonly token: SecretRef;
  readonly env: Readonly<Record<string, string | SecretRef>>;
  readonly args: readonly string[];
  /** Additional keys of config.toml's [Storage] section that are not Allow* switches, such as Assigner. */
  readonly config: Readonly<Record<string, string | number | boolean>>;
  /** False: an existing miner that sealctl only reads and registers workers with. */
  readonly managed: boolean;
  readonly ulimits: { readonly nofile: number };
  readonly origins: Origins;
}

export interface RolloutSpec {
  /** Hosts that may be down at once: a count, or a percentage of the hosts a plan changes. */
  readonly maxUnavailable: { readonly count: number } | { readonly percent: number };
  /** Host that goes first; the rest wait for its health. */
  readonly canary?: string;
  /** Hosts to change first, in this order; the others follow in the order of the file. Absent means none. */
  readonly order?: readonly string[];
  /** Never fewer than this many workers offering a task type. */
  readonly keepServing: Readonly<Partial<Record<TaskCode, number>>>;
  /** How long a changed worker must stay up without restarting before the next host starts. */
  readonly healthyForMs: number;
  /** Pause between waves. */
  readonly pauseMs: number;
}
