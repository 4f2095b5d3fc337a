import type { Duplex } from 'node:stream';

/**
 * One open connection to a host, for a whole command; any number of calls at once. Every call has a time limit and rejects with a
 * `ProblemError` that names the host and the step: `ssh-timeout` (the host hung in it), `ssh-lost` (the connection broke),
 * `ssh-interrupted` (the caller's signal), `sudo-password-needed`, `sudo-missing`, `ssh-output-too-long`.
 */
export interface HostConnection {
  readonly host: string;
  /** Runs one program with exactly these arguments, as root when the target says `become: sudo`. */
  readonly exec: (request: ExecRequest) => Promise<ExecResult>;
  /** A TCP stream from the host to an address it can reach, for the RPC of the daemons there. */
  readonly forward: (request: ForwardRequest) => Promise<Duplex>;
  /**
   * Puts a local file on the host: compressed, under a temporary name, checked by SHA-256 there, then renamed. What is there already
   * with that digest is not sent again; an interrupted upload leaves nothing under `path`. Rejects with `upload-failed` as well.
   */
  readonly upload: (request: UploadRequest) => Promise<UploadResult>;
  /** Fires when the connection is closed, closed or lost. */
  readonly ended: AbortSignal;
  /** Ends the connection and what still runs on it. Never rejects. */
  readonly close: () => Promise<void>;
}

export interface ExecRequest {
  /** Handed over byte for byte: `['sh', '-c', script, 'sh', ...values]` and `['sh', '-s']` with the script on stdin are usual. */
  readonly argv: readonly string[];
  /** Standard input; empty when absent. */
  readonly stdin?: Uint8Array | string | AsyncIterable<Uint8Array>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** The name of the step, for messages: `probe`, `write /etc/sealctl/worker.env`. */
  readonly step: string;
  /** More output than this ends the call. Default 64 MiB. */
  readonly maxOutputBytes?: number;
  /** Receives each piece of standard output as it arrives, for progress. */
  readonly onStdout?: (piece: Buffer) => void;
}

/** The result of a program. The caller judges a status other than 0. */
export interface ExecResult {
  /** Exit status; 128 plus the signal's number when a signal ended the program. */
  readonly status: number;
  readonly stdout: Buffer;
  /** The last 64 KiB. */
  readonly stderr: string;
}

export interface ForwardRequest {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface UploadRequest {
  /** Local file. */
  readonly file: string;
  /** Lower-case hex digest the file must have, here and there. */
  readonly sha256: string;
  /** Absolute path on the host; its directory must exist. */
  readonly path: string;
  /** Octal, such as `0755`. */
  readonly mode: string;
  /** Limit of the whole upload. */
  readonly timeoutMs: number;
  /** Limit without any progress. Default 30000. */
  readonly stallMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: UploadProgress) => void;
}

/** Bytes of the local file, before compression. */
export interface UploadProgress {
  readonly sentBytes: number;
  readonly totalBytes: number;
}

export interface UploadResult {
  /** False when the host had the file already. */
  readonly sent: boolean;
  readonly bytes: number;
}
