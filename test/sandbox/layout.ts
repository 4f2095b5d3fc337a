import { join } from 'node:path';

/** A sandbox as it is written down in its directory, so that any process can use it and end it. */
export interface SandboxState {
  /** The process that serves all hosts; absent once it was stopped. */
  readonly pid?: number;
  /** What `SEALCTL_SANDBOX` begins with in the environment of everything that the hosts start. */
  readonly marker: string;
  readonly hosts: readonly SandboxHost[];
}

/** A host: an SSH server on loopback in front of a directory that plays the part of the machine. */
export interface SandboxHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Home of everything the host runs, absolute; sealctl's own root lies in it. */
  readonly root: string;
}

/** What `serve.ts` is asked to do. */
export interface ServeRequest {
  readonly directory: string;
  readonly hosts: readonly string[];
  /** Goes on when the process that started it is gone. */
  readonly keep: boolean;
}

/** Where the things of a sandbox lie. */
export function layoutOf(directory: string) {
  return {
    state: join(directory, 'sandbox.json'),
    log: join(directory, 'serve.log'),
    identity: join(directory, 'id_ed25519'),
    knownHosts: join(directory, 'known_hosts'),
    sshConfig: join(directory, 'ssh_config'),
    hostKey: (name: string) => join(directory, 'keys', name),
    root: (name: string) => join(directory, 'hosts', name),
  };
}

/** The variable that marks what a sandbox's hosts run. */
export const markerVariable = 'SEALCTL_SANDBOX';
