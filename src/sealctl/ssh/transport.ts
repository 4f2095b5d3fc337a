import type { Duplex, Readable, Writable } from 'node:stream';

/** The host has as many sessions open as it allows (MaxSessions) and has not yet noticed that some are over. */
export class SessionRefused extends Error {
  override readonly name = 'SessionRefused';
}

/** The interface of an SSH transport. Time limits, sudo and messages are added above it. */
export interface Transport {
  /** Starts a command line in the login shell. May reject with `SessionRefused`. */
  readonly start: (command: string) => Promise<RemoteProcess>;
  readonly openStream: (to: { readonly host: string; readonly port: number }) => Promise<Duplex>;
  /** Fires when the connection is closed; the reason is an `Error` that says why. */
  readonly ended: AbortSignal;
  readonly close: () => Promise<void>;
}

export interface RemoteProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * The exit status, 128 plus the signal's number for a program that a signal ended, once all output has been passed on. Rejects when
   * the end of the program is not known.
   */
  readonly status: Promise<number>;
  /** Gives up on the program: asks it to end, and closes the streams. */
  readonly abandon: () => void;
}
