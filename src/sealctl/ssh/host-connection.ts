import type { Duplex } from 'node:stream';
import { sleep } from '@sealctl/core/async/sleep';
import { shellCommand } from '../host/quote.ts';
import { fail, messageOf, ProblemError } from '@sealctl/core/problem/problem';
import { sudo, sudoProblem } from './become-root.ts';
import { collect } from './collect.ts';
import type { ExecRequest, ExecResult, ForwardRequest, HostConnection } from './connection.ts';
import { makeLimit } from '@sealctl/core/async/limit';
import { lost } from './ssh-problem.ts';
import { withLimit } from './time-limit.ts';
import { SessionRefused, type RemoteProcess, type Transport } from './transport.ts';
import { upload } from './upload/upload.ts';

export interface Login {
  /** The host of cluster.yaml, for messages. */
  readonly host: string;
  readonly user: string;
  readonly becomeRoot: boolean;
}

/** sshd allows ten sessions on a connection by default (MaxSessions); more wait here for their turn. */
const sessionsAtOnce = 8;
/** The pause between tries while a host still counts sessions that have ended here. */
const refusedPauseMs = 20;

/** Adds to a transport what all have in common: arguments, root, limits and messages. `signal` ends every call that brings none of its own, and every stream. */
export function hostConnection(login: Login, transport: Transport, signal?: AbortSignal): HostConnection {
  const session = makeLimit(sessionsAtOnce);
  const common = signal === undefined ? {} : { signal };
  const connection: HostConnection = {
    host: login.host,
    exec: (request) => exec({ ...common, ...request }, login, transport, session),
    forward: async (request) => endedBy(await forward({ ...common, ...request }, login, transport), signal),
    upload: (request) => upload(connection, { ...common, ...request }),
    ended: transport.ended,
    close: transport.close,
  };
  return connection;
}

function endedBy(stream: Duplex, signal: AbortSignal | undefined): Duplex {
  const end = (): void => void stream.destroy();
  signal?.addEventListener('abort', end);
  stream.once('close', () => signal?.removeEventListener('abort', end));
  return stream;
}

async function exec(
  request: ExecRequest,
  { host, user, becomeRoot }: Login,
  transport: Transport,
  session: ReturnType<typeof makeLimit>,
): Promise<ExecResult> {
  const command = shellCommand([...(becomeRoot ? sudo : []), ...request.argv]);
  let givenUp = false;
  let running: RemoteProcess | undefined;
  const giveUp = () => {
    givenUp = true;
    running?.abandon();
  };
  const run = async () => {
    for (;;) {
      // Its turn may come after the caller has given up; then no program must start.
      if (givenUp) throw new Error('given up');
      try {
        running = await transport.start(command);
        break;
      } catch (thrown) {
        if (!(thrown instanceof SessionRefused)) throw thrown;
        await sleep(refusedPauseMs);
      }
    }
    if (givenUp) running.abandon();
    return collect(running, request, host);
  };
  try {
    const result = await withLimit({ host, ...request }, session(run), giveUp, {
      signal: transport.ended,
      problem: (reason) => lost(host, request.step, reason),
    });
    const problem = becomeRoot ? sudoProblem(host, user, result) : undefined;
    if (problem !== undefined) throw problem;
    return result;
  } catch (thrown) {
    throw thrown instanceof ProblemError ? thrown : lost(host, request.step, thrown);
  }
}

async function forward(
  { timeoutMs, signal, ...to }: ForwardRequest,
  { host }: Login,
  transport: Transport,
): Promise<Duplex> {
  const step = `reach ${to.host}:${to.port}`;
  const opening = transport.openStream(to);
  const giveUp = () => {
    // A stream that opens too late is closed.
    opening.then(
      (stream) => stream.destroy(),
      () => undefined,
    );
  };
  try {
    return await withLimit({ host, step, timeoutMs, signal }, opening, giveUp, {
      signal: transport.ended,
      problem: (reason) => lost(host, step, reason),
    });
  } catch (thrown) {
    if (thrown instanceof ProblemError) throw thrown;
    throw fail(
      {
        code: 'ssh-forward-refused',
        summary: `${host} cannot reach ${to.host}:${to.port}`,
        where: { in: 'host', host },
        why: messageOf(thrown),
        fix: 'nothing listens there, or its sshd forbids TCP forwarding (AllowTcpForwarding)',
      },
      { cause: thrown },
    );
  }
}
