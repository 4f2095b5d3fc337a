/**
 * What can be asked of a host. Asking changes nothing. All requests of one plan travel in one script and one round trip
 * (`probe-script.ts`); the answers come back framed and are parsed into `HostFacts` (`probe-answers.ts`).
 */
export type ProbeRequest =
  /** Type, mode, owner, size and SHA-256 of a path; with `content` also the bytes (files up to 1 MiB). */
  | { readonly ask: 'file'; readonly path: string; readonly content: boolean }
  /**
   * The SHA-256 of a large file, taken anew only when inode, size or times differ from those noted beside it when a daemon was pointed
   * at it.
   */
  | { readonly ask: 'program'; readonly path: string }
  /** Whether a path is a directory, a mount point, empty, and how much free space its file system has. */
  | { readonly ask: 'directory'; readonly path: string }
  /** A daemon's state and, when it runs, its process: limits, environment, executable, CPUs. */
  | { readonly ask: 'service'; readonly manager: ServiceManager; readonly name: string };

export type ServiceManager = 'systemd' | 'supervisor';

/** The identity of a request: answers are looked up by it. */
export function probeKey(request: ProbeRequest): string {
  return request.ask === 'service' ? `service ${request.name}` : `${request.ask} ${request.path}`;
}

/** One entry of the manifest: what sealctl owns on a host and what it last wrote there. */
export interface ManifestEntry {
  /** The resource's id, such as `host-3/worker/pc1/env`. */
  readonly id: string;
  readonly kind: string;
  /** The file, directory or service name that is owned. */
  readonly path: string;
  /** Lower-case hex of the content last written; `-` where there is none (directories, services). */
  readonly sha256: string;
  /**
   * Written before a file is replaced and cleared after: while it stands, the file may hold either content. Thus a kill between the two
   * never turns sealctl's own file into a foreign one.
   */
  readonly pendingSha256?: string;
  /** Fields the kind wants to find again when the resource was removed from cluster.yaml, such as the service name. */
  readonly note?: string;
}

export interface FileFact {
  readonly type: 'absent' | 'file' | 'directory' | 'link' | 'other';
  /** Octal, such as `0600`. */
  readonly mode?: string;
  readonly owner?: string;
  readonly sizeBytes?: number;
  readonly sha256?: string;
  /** Present when asked for; undecodable bytes are kept as latin1 would not: the raw bytes in base64 are decoded as UTF-8. */
  readonly content?: string;
  /** Link target. */
  readonly target?: string;
  /** Why it could not be read, such as `Permission denied`. */
  readonly error?: string;
}

export interface DirectoryFact {
  readonly type: FileFact['type'];
  /** Octal, such as `0755`; absent where a link leads to the directory. */
  readonly mode?: string;
  readonly mountPoint: boolean;
  /** Nothing in it but a file system's own `lost+found`. */
  readonly empty: boolean;
  /** Which of Lotus's sector directories (`sealed`, `cache`, ...) it has: with one of these it holds, or held, sectors. */
  readonly sectorDirectories: readonly string[];
  readonly freeBytes?: number;
  readonly error?: string;
}

export interface ServiceFact {
  /** False when the manager knows no such service. */
  readonly known: boolean;
  readonly state: 'active' | 'activating' | 'deactivating' | 'inactive' | 'failed';
  readonly enabled: boolean;
  /** systemd has not read the unit file that is on disk. */
  readonly needsReload: boolean;
  /** Automatic restarts since it was last started by hand. */
  readonly restarts: number;
  /** How it last ended, such as `exit-code`, `signal`, `success`. */
  readonly result: string;
  readonly process?: ProcessFact;
}

export interface ProcessFact {
  readonly pid: number;
  /** Target of /proc/PID/exe; ends with ` (deleted)` when the file was replaced. */
  readonly exe: string;
  readonly nofile: { readonly soft: number; readonly hard: number };
  /** /proc/PID/environ. Holds secrets: never show it, never store it. */
  readonly environ: ReadonlyMap<string, string>;
  /** Cpus_allowed_list of /proc/PID/status. */
  readonly cpus: string;
  /** Seconds since boot at which it started. */
  readonly startedAtS: number;
}

/** The hold of a drained host: who set it, since when, why and until when. apply respects it; status shows it. */
export interface Hold {
  readonly who: string;
  /** ISO 8601. */
  readonly since: string;
  readonly why: string;
  /** ISO 8601; absent means until `undrain`. */
  readonly until?: string;
}

/** Everything one probe learned about one host. */
export interface HostFacts {
  readonly hostname: string;
  /** Seconds since the epoch by the host's clock. */
  readonly clockS: number;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly cpuFlags: ReadonlySet<string>;
  readonly gpus: readonly { readonly index: number; readonly uuid: string; readonly name: string }[];
  /** Highest RLIMIT_NOFILE the kernel lets a new process have. */
  readonly nofileHard: number;
  /** The account commands run as, after sudo. */
  readonly user: string;
  readonly systemd: boolean;
  /** Libraries that the Node executable needs and the host lacks, such as `libstdc++.so.6`. */
  readonly missingLibraries: readonly string[];
  readonly manifest: readonly ManifestEntry[];
  readonly hold?: Hold;
  /** Digests that have a directory in releases/, the newest first. */
  readonly releases: readonly string[];
  /** Lines of the inventory file, on the miner's host only. */
  readonly inventory?: Inventory;
  readonly files: ReadonlyMap<string, FileFact>;
  readonly directories: ReadonlyMap<string, DirectoryFact>;
  readonly services: ReadonlyMap<string, ServiceFact>;
}

/** The hosts last applied to and the git revision of cluster.yaml then. Lies on the miner's host. */
export interface Inventory {
  readonly revision: string;
  readonly hosts: readonly InventoryHost[];
}

/** Enough to reach a host again after it was removed from cluster.yaml. */
export interface InventoryHost {
  readonly name: string;
  readonly address: string;
  readonly services: ServiceManager;
  readonly root: string;
  readonly user?: string;
  readonly port?: number;
  readonly proxyJump?: string;
  readonly become: 'sudo' | 'none';
}
