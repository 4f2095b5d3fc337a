import { setMaxListeners } from 'node:events';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { unreachable } from './ssh-problem.ts';
import type { HostKeyChecker } from './host-key.ts';
import type { FindLoginKeys } from './login-keys.ts';
import type { Hop } from './route.ts';
import { DroppedAtOnce, openHop, type OpenHop } from './ssh2-hop.ts';
import { SessionRefused, type RemoteProcess, type Transport } from './transport.ts';

export interface Ssh2Options {
  readonly hostKeys: HostKeyChecker;
  readonly loginKeys: FindLoginKeys;
  readonly keepAliveMs: number;
  readonly onStep: (step: string) => void;
  /** Fires when nobody waits for the connection any more. */
  readonly givenUp: AbortSignal;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** A server with too many logins under way drops new ones; they are tried again after a growing pause. */
const attempts = 4;
const firstPauseMs = 300;

/** Connects through the hops, each verified under its own name. Rejects with a `ProblemError`. */
export async function openSsh2(hops: readonly Hop[], options: Ssh2Options): Promise<Transport> {
  const open: OpenHop[] = [];
  const closeAll = () => {
    for (const { stream } of open.toReversed()) stream.destroy();
  };
  options.givenUp.addEventListener('abort', closeAll);
  try {
    let last: OpenHop | undefined;
    for (const hop of hops) last = await openWithRetries(hop, last?.client, options, open);
    if (last === undefined) throw new Error('a route has at least one hop');
    return transportOf(last, open);
  } catch (thrown) {
    closeAll();
    throw thrown;
  } finally {
    options.givenUp.removeEventListener('abort', closeAll);
  }
}

async function openWithRetries(
  hop: Hop,
  before: Client | undefined,
  options: Ssh2Options,
  open: OpenHop[],
): Promise<OpenHop> {
  const keys = await options.loginKeys(hop);
  for (let attempt = 1; ; attempt++) {
    const through = before === undefined ? undefined : await streamTo(before, hop);
    try {
      return await openHop(hop, { ...options, keys, through }, (begun) => open.push(begun));
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

function transportOf({ client, stream }: OpenHop, hops: readonly OpenHop[]): Transport {
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);
  let reason: Error | undefined;
  const closed = new Promise<void>((resolve) => {
    client.once('close', () => {
      ended.abort(reason ?? new Error('the host closed the connection'));
      resolve();
    });
  });
  client.on('error', (error) => {
    reason ??= error;
  });
  for (const hop of hops) if (hop.client !== client) hop.client.on('error', () => stream.destroy());
  return {
    start: (command) => start(client, command),
    openStream: (to) => forwardOut(client, to),
    ended: ended.signal,
    close: async () => {
      reason ??= new Error('the connection was closed');
      sayGoodbye({ client, stream });
      await closed;
      for (const hop of hops.toReversed()) if (hop.client !== client) sayGoodbye(hop);
    },
  };
}

const goodbyeMs = 1_000;

/** A peer that has fallen silent never answers the goodbye, and ssh2 would wait for it for ever. */
function sayGoodbye({ client, stream }: OpenHop): void {
  if (stream.closed) return;
  const timer = setTimeout(() => stream.destroy(), goodbyeMs);
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
