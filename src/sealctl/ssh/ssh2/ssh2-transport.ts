import { setMaxListeners } from 'node:events';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { unreachable } from '../ssh-problem.ts';
import type { HostKeyChecker } from '../config/host-key.ts';
import type { FindLoginKeys } from './login-keys.ts';
import type { Hop } from '../route.ts';
import type { Jump, OpenJump, SharedJumps } from './shared-jumps.ts';
import { DroppedAtOnce, openHop, type OpenHop } from './ssh2-hop.ts';
import { SessionRefused, type RemoteProcess, type Transport } from '../transport.ts';

export interface Ssh2Options {
  readonly hostKeys: HostKeyChecker;
  readonly loginKeys: FindLoginKeys;
  readonly jumps: SharedJumps;
  readonly keepAliveMs: number;
  readonly onStep: (step: string) => void;
  /** Fires when nobody waits for the connection any more. */
  readonly givenUp: AbortSignal;
  /** Resolves after this many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** A server with too many logins under way drops new ones; they are tried again after a growing pause. */
const attempts = 4;
const firstPauseMs = 300;

/** Connects through the hops, each verified under its own name. Rejects with a `ProblemError`. */
export async function openSsh2(hops: readonly Hop[], options: Ssh2Options): Promise<Transport> {
  const jumps: Jump[] = [];
  let begun: OpenHop | undefined;
  const leave = () => {
    begun?.stream.destroy();
    for (const jump of jumps.splice(0).toReversed()) jump.leave();
  };
  options.givenUp.addEventListener('abort', leave);
  try {
    let before: Client | undefined;
    const way = hops.slice(0, -1).map(asJump);
    for (const [index, hop] of way.entries()) {
      const jump = options.jumps.use(way.slice(0, index + 1), opener(hop, before, options), options.onStep);
      jumps.push(jump);
      before = (await jump.opened).client;
      if (options.givenUp.aborted) throw new Error('nobody waits for it any more');
    }
    const host = hops.at(-1);
    if (host === undefined) throw new Error('a route has at least one hop');
    const last = await openWithRetries(host, before, options, (open) => {
      begun = open;
    });
    return transportOf(last, jumps, before);
  } catch (thrown) {
    leave();
    throw thrown;
  } finally {
    options.givenUp.removeEventListener('abort', leave);
  }
}

/** Names a jump host itself in problems: it belongs to no single host. */
function asJump(hop: Hop): Hop {
  return { ...hop, name: `the jump host ${hop.address}:${hop.port}` };
}

function opener(hop: Hop, before: Client | undefined, options: Ssh2Options): OpenJump {
  return ({ begun, onStep, givenUp }) => openWithRetries(hop, before, { ...options, onStep, givenUp }, begun);
}

async function openWithRetries(
  hop: Hop,
  before: Client | undefined,
  options: Ssh2Options,
  begun: (open: OpenHop) => void,
): Promise<OpenHop> {
  const keys = await options.loginKeys(hop);
  for (let attempt = 1; ; attempt++) {
    const through = before === undefined ? undefined : await streamTo(before, hop);
    try {
      return await openHop(hop, { ...options, keys, through }, begun);
    } catch (thrown) {
      if (!(thrown instanceof DroppedAtOnce)) throw thrown;
      if (attempt === attempts || options.givenUp.aborted)
        throw unreachable(
          hop.name,
          `${hop.address}:${hop.port}`,
          new Error(`it hangs up at once: ${thrown.message}`),
        );
      await options.pause(firstPauseMs * 2 ** (attempt - 1));
    }
  }
}

async function streamTo(before: Client, hop: Hop): Promise<Duplex> {
  try {
    return await forwardOut(before, { host: hop.address, port: hop.port });
  } catch (thrown) {
    throw unreachable(hop.name, `${hop.address}:${hop.port} from its jump host`, thrown);
  }
}

function transportOf(
  { client, stream }: OpenHop,
  jumps: readonly Jump[],
  before: Client | undefined,
): Transport {
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);
  let reason: Error | undefined;
  const onLostJump = () => stream.destroy();
  before?.once('close', onLostJump);
  const closed = new Promise<void>((resolve) => {
    client.once('close', () => {
      before?.off('close', onLostJump);
      for (const jump of jumps.toReversed()) jump.leave();
      ended.abort(reason ?? new Error('the host closed the connection'));
      resolve();
    });
  });
  client.on('error', (error) => {
    reason ??= error;
  });
  return {
    start: (command) => start(client, command),
    openStream: (to) => forwardOut(client, to),
    ended: ended.signal,
    close: async () => {
      reason ??= new Error('the connection was closed');
      closeHop({ client, stream });
      await closed;
    },
  };
}

const closeGraceMs = 1_000;

/** A silent peer never answers the disconnect, and ssh2 would wait for it forever. */
export function closeHop({ client, stream }: OpenHop): void {
  if (stream.closed) return;
  const timer = setTimeout(() => stream.destroy(), closeGraceMs);
  stream.once('close', () => clearTimeout(timer));
  client.end();
}

function forwardOut(client: Client, to: { readonly host: string; readonly port: number }): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, to.host, to.port, (error, stream) =>
      error === undefined ? resolve(stream) : reject(error),
    );
  });
}

function start(client: Client, command: string): Promise<RemoteProcess> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      // The answer and the end of the program may come in one packet: all must listen before this returns.
      if (error === undefined) resolve(remoteProcess(channel));
      else reject('reason' in error ? new SessionRefused(error.message, { cause: error }) : error);
    });
  });
}

function remoteProcess(channel: ClientChannel): RemoteProcess {
  // Losing the connection shows as a channel that closes without an exit status.
  channel.on('error', () => undefined);
  let status: number | undefined;
  channel.once('exit', (code: number | null, signal?: string) => {
    const name = `SIG${signal?.replace(/^SIG/, '')}` as NodeJS.Signals;
    status = code ?? 128 + (constants.signals[name] ?? 0);
  });
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    status: new Promise((resolve, reject) => {
      channel.once('close', () => {
        if (status === undefined) reject(new Error('the host ended the session without an exit status'));
        else resolve(status);
      });
    }),
    abandon: () => {
      try {
        channel.signal('TERM');
      } finally {
        channel.destroy();
      }
    },
  };
}
