import { once } from 'node:events';
import { connect } from 'node:net';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import { formatHostPort, type ApiAddress } from '@sealctl/core/lotus/api-info';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** True for a wildcard listen host, which means every address of this machine. */
export function isEveryAddress(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

/**
 * The host at which the miner and other workers reach this worker: the listen host, or for a wildcard the local address of a connection to
 * the miner. Rejects with a problem when the miner cannot be reached in time.
 */
export async function advertisedHost(
  listenHost: string,
  miner: ApiAddress,
  timeoutMs: number,
): Promise<string> {
  if (!isEveryAddress(listenHost)) return listenHost;
  const socket = connect({ host: miner.host, port: miner.port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) });
    const address = socket.localAddress;
    if (address === undefined) throw new Error('the connection has no local address');
    // A dual-stack socket shows IPv4 as ::ffff:10.0.0.7.
    return address.replace(/^::ffff:(?=\d+\.)/, '');
  } catch (error) {
    throw fail(
      {
        code: 'no-routable-address',
        summary: `cannot determine the address at which the miner reaches this worker`,
        why: `no connection to the miner at ${formatHostPort(miner)}: ${messageOf(error)}`,
        fix: 'give the address with --listen=HOST:PORT, or with --advertise=HOST:PORT behind NAT',
      },
      { cause: error },
    );
  } finally {
    socket.destroy();
  }
}
