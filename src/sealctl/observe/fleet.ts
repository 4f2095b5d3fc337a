import type { Duplex } from 'node:stream';
import type { HostFacts, InventoryHost, ProbeRequest } from '../host/probe/facts.ts';
import type { HostSpec, SshSpec } from '../spec/spec.ts';

/** The facts for reaching a host and finding sealctl's files there. */
export interface FleetHost {
  readonly name: string;
  readonly address: string;
  readonly ssh: SshSpec;
  readonly services: HostSpec['services'];
  readonly root: string;
}

/** Reading a host. It has no way to change one: a plan cannot change anything by construction. */
export interface HostReader {
  /** Answers every request, and for everything the host's manifest lists, in one round trip. */
  readonly probe: (requests: readonly ProbeRequest[]) => Promise<HostFacts>;
  /** A byte stream from the host to an address it can reach, for the RPC of the daemons there. */
  readonly forward: (to: { readonly host: string; readonly port: number }) => Promise<Duplex>;
}

/** Opens hosts, each at most once for a whole command. Rejects with a `ProblemError` that names host and step. */
export interface FleetReader {
  readonly reader: (host: FleetHost) => Promise<HostReader>;
}

/**
 * A host that cluster.yaml no longer names, reached the way the inventory remembers. What lies on this side of the way, such as the key
 * to log in with, is taken from a host that cluster.yaml does name: `like`.
 */
export function rememberedHost(host: InventoryHost, like: SshSpec): FleetHost {
  const { user, port, proxyJump, become } = host;
  const { identityFile, knownHosts, hostKeys, transport } = like;
  return {
    name: host.name,
    address: host.address,
    services: host.services,
    root: host.root,
    ssh: {
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
      ...(proxyJump === undefined ? {} : { proxyJump }),
      ...(identityFile === undefined ? {} : { identityFile }),
      ...(knownHosts === undefined ? {} : { knownHosts }),
      become,
      hostKeys,
      transport,
    },
  };
}
