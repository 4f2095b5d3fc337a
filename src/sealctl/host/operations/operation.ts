import type { SecretTemplate } from '@sealctl/core/secret/secret';
import type { Inventory, Hold, ManifestEntry, ServiceManager } from '../probe/facts.ts';

/**
 * What can be done to a host, as plain data: a plan can be saved, shown and refused without running anything, and the same
 * operations run over SSH (`operation-script.ts`) and on the model host of the tests. Each is idempotent and checks that it took.
 */
export type Operation =
  | { readonly do: 'ensure-directory'; readonly path: string; readonly mode: string; readonly owner?: string }
  | WriteFile
  /** Removes a file that still holds what `entry` says sealctl last wrote; anything else there is an error. */
  | { readonly do: 'remove-file'; readonly path: string; readonly entry: ManifestEntry }
  /** Puts a local file at `releases/<sha256>/<program>`: streamed, compressed, checked on the host, then renamed. */
  | {
      readonly do: 'upload-program';
      readonly source: string;
      readonly sha256: string;
      readonly program: string;
    }
  /** Removes `releases/<sha256>` unless a process still runs from it. */
  | { readonly do: 'remove-release'; readonly sha256: string }
  /** Atomically points a symbolic link at a target and records it. */
  | { readonly do: 'link'; readonly path: string; readonly target: string; readonly entry: ManifestEntry }
  /** Records entries as owned (after checking nothing) or forgets ids. */
  | { readonly do: 'manifest'; readonly record: readonly ManifestEntry[]; readonly forget: readonly string[] }
  | {
      readonly do: 'service';
      readonly manager: ServiceManager;
      readonly name: string;
      readonly verb: ServiceVerb;
    }
  /** Runs a program of a release to its end, as the service's account, with the given environment. */
  | {
      readonly do: 'run';
      readonly argv: readonly string[];
      readonly env: Readonly<Record<string, SecretTemplate>>;
      readonly runAs?: string;
      readonly timeoutMs: number;
      /** Nothing is run when this path exists: what makes `init` idempotent. */
      readonly unless?: string;
    }
  | { readonly do: 'set-hold'; readonly hold: Hold }
  | { readonly do: 'clear-hold' }
  | { readonly do: 'write-inventory'; readonly inventory: Inventory };

/** Writes a whole file: temporary name, mode and owner, fsync, rename; the manifest knows before and after. */
export interface WriteFile {
  readonly do: 'write-file';
  readonly path: string;
  readonly content: SecretTemplate;
  /** Octal, such as `0600`. */
  readonly mode: string;
  readonly owner?: string;
  readonly entry: Omit<ManifestEntry, 'sha256' | 'pendingSha256' | 'path'>;
  /**
   * What may be there now: nothing, content of a given digest, or (for a kind that merges with what it read) exactly the digest it
   * read. Anything else was put there since the plan was made, and the operation refuses.
   */
  readonly replaces: { readonly absent: true } | { readonly sha256: string };
}

/**
 * `start` also enables and returns when the service is up or has failed to start; `stop` also disables, sends SIGTERM and waits up
 * to the service's own stop limit; `reload` makes the manager take notice of definitions that changed: systemd reads its units again,
 * the supervisor forgets a service that has none any more, with its log.
 */
export type ServiceVerb = 'start' | 'stop' | 'reload';

/** The operations on a worker through its RPC and the miner's. Times are milliseconds. */
export type WorkerOperation =
  /** Disables every task type that can be toggled, so that the miner sends nothing new. */
  | { readonly do: 'cordon' }
  /** Waits until the miner lists no assigned, prepared, running or undelivered task for the worker. */
  | { readonly do: 'drain'; readonly timeoutMs: number }
  /** Enables and disables task types until the worker accepts exactly `tasks` (full names). */
  | { readonly do: 'set-tasks'; readonly enable: readonly string[]; readonly disable: readonly string[] }
  | { readonly do: 'redeclare'; readonly storageId: string }
  | { readonly do: 'attach'; readonly path: string }
  | { readonly do: 'detach'; readonly path: string }
  /** Waits until the miner lists the worker's present session, enabled, with exactly `tasks`, and its paths with `storageIds`. */
  | {
      readonly do: 'await-registered';
      readonly tasks: readonly string[];
      readonly storagePaths: readonly string[];
      readonly timeoutMs: number;
    }
  /** Waits until the miner answers with the expected actor. */
  | { readonly do: 'await-miner'; readonly timeoutMs: number };
