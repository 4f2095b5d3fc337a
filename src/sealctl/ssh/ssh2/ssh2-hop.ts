import type { Duplex } from 'node:stream';
import ssh2, { type AuthHandlerMiddleware, type Client, type ConnectConfig } from 'ssh2';
import { ProblemError } from '@sealctl/core/problem/problem';
import { gatheringSocket } from './gathering-socket.ts';
import type { HostKeyChecker } from '../config/host-key.ts';
import { hostKeyAlgorithms } from '../config/known-hosts.ts';
import type { LoginKeys } from './login-keys.ts';
import type { Hop } from '../route.ts';
import { authFailed, unreachable } from '../ssh-problem.ts';

export interface HopOptions {
  readonly hostKeys: HostKeyChecker;
  readonly keys: LoginKeys;
  readonly keepAliveMs: number;
  /** The stream to speak over, for a hop that is reached through another. */
  readonly through: Duplex | undefined;
  /** Receives the name of each step, for the message of a timeout. */
  readonly onStep: (step: string) => void;
}

/** The server closed the connection before its first byte, as sshd does with too many logins in progress (MaxStartups). */
export class DroppedAtOnce extends Error {
  override readonly name = 'DroppedAtOnce';
}

/** Unanswered keep-alives before a peer counts as dead. */
const keepaliveCount = 3;

/**
 * Never group exchange: the server's prime is tested in one piece on the event loop, which one old or hostile host could block for
 * seconds for all others.
 */
const algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256'],
  compress: ['none'],
} satisfies ConnectConfig['algorithms'];

/** A client and the stream it speaks over, which ends it at once where ssh2 would still wait for the peer. */
export interface OpenHop {
  readonly client: Client;
  readonly stream: Duplex;
}

/**
 * Logs in to one hop: key exchange, host key check, public key login. The caller limits the time and ends the client that `started`
 * hands out. Rejects with a `ProblemError`, or with `DroppedAtOnce`.
 */
export function openHop(hop: Hop, options: HopOptions, started: (open: OpenHop) => void): Promise<OpenHop> {
  const { hostKeys, keys, through, onStep } = options;
  const place = `${hop.address}:${hop.port}`;
  const client = new ssh2.Client();
  const stream = through ?? gatheringSocket({ host: hop.address, port: hop.port });
  const open = { client, stream };
  started(open);
  return new Promise((resolve, reject) => {
    let refused: ProblemError | undefined;
    let greeted = false;
    const notes = [...keys.notes];
    const stop = (cause: Error & { level?: string }) => {
      client.destroy();
      if (refused !== undefined) reject(refused);
      else if (isLoginFailure(cause)) {
        const why =
          cause.level === 'client-authentication'
            ? 'it accepts none of the keys it was offered'
            : cause.message;
        reject(authFailed(hop.name, hop.user, [`${place}: ${why}`, ...notes]));
      } else if (!greeted && isDrop(cause)) reject(new DroppedAtOnce(cause.message));
      else reject(unreachable(hop.name, place, explained(cause)));
    };
    client.on('connect', () => {
      // Nagle and delayed acknowledgements together stall every small exchange by 40 ms.
      client.setNoDelay(true);
      onStep(`exchange keys with ${place}`);
    });
    client.on('handshake', () => {
      greeted = true;
      onStep(`log in to ${place} as ${hop.user}`);
    });
    client.on('error', (error: Error & { level?: string }) => {
      // If the agent cannot sign, the next key is tried.
      if (error.level === 'agent') notes.push(`the ssh-agent: ${error.message}`);
      else stop(error);
    });
    client.on('close', () => stop(new Error('the connection was closed')));
    client.on('ready', () => {
      client.removeAllListeners('error');
      client.removeAllListeners('close');
      // From now on a failure shows as the end of the connection. Without a listener it would end this process.
      client.on('error', () => undefined);
      resolve(open);
    });
    onStep(`connect to ${place}`);
    client.connect({
      sock: stream,
      username: hop.user,
      // The caller's limit is the only one.
      readyTimeout: 0,
      keepaliveInterval: options.keepAliveMs,
      keepaliveCountMax: keepaliveCount,
      authHandler: oneAfterTheOther(keys.methods),
      hostVerifier: (key: Buffer) => {
        greeted = true;
        refused = verified(() => hostKeys.check(hop, key));
        return refused === undefined;
      },
      algorithms: { ...algorithms, serverHostKey: hostKeyAlgorithms(hostKeys.known(hop)) },
    });
  });
}

/** Gives ssh2 the next method each time it asks, and `false` at the end. */
function oneAfterTheOther(methods: LoginKeys['methods']): AuthHandlerMiddleware {
  let next = 0;
  return (_left, _partial, use) => use(methods[next++] ?? (false as never));
}

function verified(check: () => ProblemError | undefined): ProblemError | undefined {
  try {
    return check();
  } catch (thrown) {
    if (thrown instanceof ProblemError) return thrown;
    throw thrown;
  }
}

function isLoginFailure({ level, message }: Error & { level?: string }): boolean {
  return level === 'client-authentication' || message.includes('Too many authentication failures');
}

function isDrop({ level, code, message }: NodeJS.ErrnoException & { level?: string }): boolean {
  if (message === 'Connection lost before handshake') return true;
  if (level !== undefined && level !== 'client-socket') return false;
  return code === undefined || code === 'ECONNRESET' || code === 'EPIPE';
}

function explained(cause: Error): Error {
  if (!cause.message.includes('no matching host key')) return cause;
  return new Error(
    'it offers no host key of a type that known_hosts has for it: ask its console for the new key, then ssh-keygen -R the old one',
    { cause },
  );
}
