import type { Clock } from '@sealctl/core/async/clock';

/** Everything a command may touch of the world outside, passed in so that tests can run whole commands in-process. */
export interface SealctlContext {
  readonly process: {
    readonly stdout: { readonly write: (text: string) => void };
    readonly stderr: { readonly write: (text: string) => void };
    readonly env: Readonly<Partial<Record<string, string>>>;
    exitCode: number | string | null;
  };
  readonly cwd: string;
  /** The cluster file for completion of hosts; cluster.yaml unless the command line names another. */
  readonly clusterFile?: string | undefined;
  readonly terminal: {
    /** A person can answer. */
    readonly stdin: boolean;
    /** A person sees the output. */
    readonly stdout: boolean;
    readonly columns: number;
    readonly rows: number;
    readonly color: boolean;
  };
  readonly clock: Clock;
  readonly today: () => Date;
  readonly randomText: () => string;
  /** Asks a person; undefined when there is none or the input ended. A `hidden` answer is not shown as it is typed. */
  readonly ask: (question: string, answer?: 'shown' | 'hidden') => Promise<string | undefined>;
  /** Listens for Ctrl-C, SIGTERM and the closing of the terminal while a command changes things. */
  readonly listenForInterruption: () => Interruption;
  /** `user@machine`, for locks, holds and history. */
  readonly operator: string;
}

/** Ctrl-C once: finish the running step and stop. Twice: stop at once. A third time the process ends whatever it waits for. */
export interface Interruption {
  readonly stopping: AbortSignal;
  readonly aborting: AbortSignal;
  readonly dispose: () => void;
}

/** Exit codes are an interface: scripts and CI jobs branch on them. */
export const exitCodes = {
  /** Done, or nothing to do. */
  ok: 0,
  /** An error, which was reported. */
  error: 1,
  /** `plan` found changes. */
  changes: 2,
  /** The command line could not be understood. Source: sysexits.h, EX_USAGE. */
  usage: 64,
} as const;
