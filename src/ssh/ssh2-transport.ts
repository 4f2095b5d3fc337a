import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { shq } from '../host/quote.ts';
import { fail, messageOf, ProblemError } from '../problem/problem.ts';
import type { ExecRequest, ExecResult, HostConnection } from './connection.ts';
import type { HostKeyChecker } from './host-key.ts';
import { readIdentities, type AskPassphrase } from './identity.ts';
import { hostKeyAlgorithms } from './known-hosts.ts';
import { upload } from './upload.ts';
import { resolveTarget, type ResolvedTarget, type SshEnvironment } from './ssh-config.ts';

export interface Ssh2Options {
  readonly environment: SshEnvironment;
  readonly hostKeys: HostKeyChecker;
  readonly askPassphrase: AskPassphrase;
  /** Milliseconds for TCP, key exchange and login together, a hop. */
  readonly connectTimeoutMs: number;
}

/**
 * Never group exchange: the server's prime is tested in one piece on the event loop, which one old or hostile host could block for
 * seconds for all others.
 */
const kex = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
] as const;
const cipher = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes256-ctr',
] as const;
const hmac = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256'] as const;

/** A dead peer is noticed after this many unanswered questions, asked this often. */
const keepaliveIntervalMs = 10_000;
const keepaliveCount = 3;
/** Standard error of a program is kept up to here. */
const maxStderrBytes = 64 * 1024;

/** Opens a host through its jump hosts, each hop verified by its own name. */
export async function connectSsh2(resolved: ResolvedTarget, options: Ssh2Options): Promise<HostConnection> {
  const opened: Client[] = [];
  try {
    let through: Client | undefined;
    for (const jump of resolved.jumps) {
      through = await openClient(await resolveJump(jump, resolved, options), through, options);
      opened.push(through);
    }
    const client = await openClient(resolved, through, options);
    opened.push(client);
    return connectionOf(resolved, client, opened);
  } catch (thrown) {
    for (const client of opened.toReversed()) client.end();
    throw thrown;
  }
}

/** A hop as ProxyJump writes it: `[user@]host[:port]`, resolved like any host. */
async function resolveJump(
  jump: string,
  host: ResolvedTarget,
  options: Ssh2Options,
): Promise<ResolvedTarget> {
  const parts = /^(?:(?<user>[^@]+)@)?(?<host>\[[^\]]+\]|[^:]+)(?::(?<port>\d+))?$/.exec(jump)?.groups;
  if (parts?.['host'] === undefined) {
    throw fail({
      code: 'bad-proxy-jump',
      summary: `${jump} is not a jump host`,
      where: { in: 'host', host: host.name },
      fix: 'write [user@]host[:port]',
    });
  }
  return resolveTarget(
    {
      name: jump,
      address: parts['host'].replace(/^\[|\]$/g, ''),
      ssh: {
        become: 'none',
        hostKeys: host.hostKeys,
        transport: 'ssh2',
        ...(parts['user'] === undefined ? {} : { user: parts['user'] }),
        ...(parts['port'] === undefined ? {} : { port: Number(parts['port']) }),
        ...(host.knownHostsGiven === undefined ? {} : { knownHosts: host.knownHostsGiven }),
        ...(host.identityGiven === undefined ? {} : { identityFile: host.identityGiven }),
      },
    },
    options.environment,
  );
}

async function openClient(
  target: ResolvedTarget,
  through: Client | undefined,
  options: Ssh2Options,
): Promise<Client> {
  const identities = await readIdentities(target.identityFiles, options.askPassphrase);
  const sock =
    through === undefined ? undefined : await forwardThrough(through, target, options.connectTimeoutMs);
  const client = new Client();
  let refused: ProblemError | undefined;
  const config: ConnectConfig = {
    host: target.hostName,
    port: target.port,
    username: target.user,
    readyTimeout: options.connectTimeoutMs,
    keepaliveInterval: keepaliveIntervalMs,
    keepaliveCountMax: keepaliveCount,
    ...(sock === undefined ? {} : { sock }),
    authHandler: authMethods(target, identities.keys) as NonNullable<ConnectConfig['authHandler']>,
    hostVerifier: (key: Buffer) => {
      const problem = options.hostKeys.check(target, key);
      if (problem !== undefined) refused = fail(problem);
      return problem === undefined;
    },
    algorithms: {
      kex: [...kex],
      cipher: [...cipher],
      hmac: [...hmac],
      serverHostKey: hostKeyAlgorithms(options.hostKeys.known(target)) as never,
      compress: ['none'],
    },
  };
  return new Promise((resolve, reject) => {
    // Nagle and delayed acknowledgements together stall every small exchange by 40 ms.
    client.on('connect', () => client.setNoDelay(true));
    client.once('ready', () => {
      client.removeAllListeners('error');
      client.removeAllListeners('close');
      client.on('error', () => undefined);
      resolve(client);
    });
    client.once('error', (error: Error & { level?: string }) => {
      client.end();
      reject(refused ?? connectFailure(target, error, identities.notes, options));
    });
    client.once('close', () =>
      reject(refused ?? connectFailure(target, new Error('the host closed the connection'), [], options)),
    );
    client.connect(config);
  });
}

function authMethods(
  target: ResolvedTarget,
  keys: Awaited<ReturnType<typeof readIdentities>>['keys'],
): object[] {
  const { user: username, agentSocket } = target;
  return [
    ...(agentSocket === undefined ? [] : [{ type: 'agent', username, agent: agentSocket }]),
    ...keys.map((key) => ({ type: 'publickey', username, key })),
  ];
}

function connectFailure(
  target: ResolvedTarget,
  error: Error & { level?: string },
  notes: readonly string[],
  { connectTimeoutMs }: Ssh2Options,
): ProblemError {
  const where = { in: 'host', host: target.name } as const;
  const place = `${target.user}@${target.hostName}:${target.port}`;
  if (error.level === 'client-authentication') {
    return fail({
      code: 'ssh-auth-failed',
      summary: `${target.name} does not let ${target.user} in`,
      where,
      why: [`no key was accepted at ${place}`, ...notes].join('; '),
      fix: 'put the public key into authorized_keys there, load the key into ssh-agent, or set ssh.identityFile (certificates need ssh.transport: openssh)',
    });
  }
  if (error.level === 'client-timeout') {
    return fail({
      code: 'ssh-timeout',
      summary: `${target.name} did not answer within ${connectTimeoutMs / 1000} s`,
      where,
      why: `no SSH handshake with ${place}: it is off, cut off, frozen or overloaded`,
      fix: 'look at the machine, or leave it out with --host',
    });
  }
  return fail(
    {
      code: 'ssh-unreachable',
      summary: `${target.name} cannot be reached`,
      where,
      why: `${place}: ${error.message}`,
      fix: 'check address, port and network; ssh to it by hand',
    },
    { cause: error },
  );
}

function forwardThrough(client: Client, target: ResolvedTarget, timeoutMs: number): Promise<Duplex> {
  return openForward(client, target.name, { host: target.hostName, port: target.port }, timeoutMs);
}

function connectionOf(target: ResolvedTarget, client: Client, all: readonly Client[]): HostConnection {
  let lost: Error | undefined;
  const ended = new AbortController();
  client.on('error', (error) => {
    lost = error;
  });
  client.on('close', () => {
    lost ??= new Error('the connection was closed');
    ended.abort(lost);
  });
  const connection: HostConnection = {
    host: target.name,
    exec: (request) => exec(target, client, request, () => lost),
    forward: ({ timeoutMs, ...to }) => openForward(client, target.name, to, timeoutMs),
    upload: (request) => upload(connection, request),
    ended: ended.signal,
    close: async () => {
      for (const each of all.toReversed()) each.end();
      await Promise.resolve();
    },
  };
  return connection;
}

function openForward(
  client: Client,
  host: string,
  to: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    let given = false;
    const timer = setTimeout(() => {
      given = true;
      reject(
        new Error(`${host} did not open a stream to ${to.host}:${to.port} within ${timeoutMs / 1000} s`),
      );
    }, timeoutMs);
    const answer = (error: Error | undefined, stream: ClientChannel) => {
      clearTimeout(timer);
      if (given) stream?.destroy();
      else if (error === undefined) resolve(stream);
      else reject(new Error(`${to.host}:${to.port} on ${host}: ${error.message}`));
    };
    try {
      client.forwardOut('127.0.0.1', 0, to.host, to.port, answer);
    } catch (thrown) {
      clearTimeout(timer);
      reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  });
}

async function exec(
  target: ResolvedTarget,
  client: Client,
  request: ExecRequest,
  lost: () => Error | undefined,
): Promise<ExecResult> {
  const words = [
    ...(target.become === 'sudo' && target.user !== 'root' ? ['sudo', '-n', '--'] : []),
    ...request.argv,
  ];
  const limit = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]);
  const connectionLost = new Promise<never>((_, reject) => {
    client.once('close', () => reject(lost() ?? new Error('the connection was closed')));
  });
  connectionLost.catch(() => undefined);
  try {
    const channel = await Promise.race([
      openExec(client, words.map(shq).join(' ')),
      aborted(signal),
      connectionLost,
    ]);
    try {
      return checked(
        target,
        await Promise.race([collect(channel, request), aborted(signal), connectionLost]),
      );
    } finally {
      channel.destroy();
    }
  } catch (thrown) {
    throw thrown instanceof ProblemError ? thrown : execFailure(target, request, thrown, limit.aborted);
  }
}

function openExec(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error === undefined ? resolve(channel) : reject(error)));
  });
}

async function collect(channel: ClientChannel, { stdin, onStdout }: ExecRequest): Promise<ExecResult> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let stderrBytes = 0;
  channel.on('data', (chunk: Buffer) => {
    stdout.push(chunk);
    onStdout?.(chunk);
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    stderrBytes += chunk.length;
    if (stderrBytes <= maxStderrBytes) stderr.push(chunk);
  });
  const ended = new Promise<number>((resolve, reject) => {
    channel.once('exit', (code: number | null, signal?: string) => {
      channel.once('close', () =>
        code === null ? reject(new Error(`the program was ended by SIG${signal ?? ''}`)) : resolve(code),
      );
    });
    channel.once('close', () => reject(new Error('the connection broke while the program ran')));
  });
  ended.catch(() => undefined);
  const written = writeAll(channel, stdin);
  written.catch(() => undefined);
  const status = await ended;
  return { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') };
}

/** Feeds standard input; a program that ends without reading all of it is told by its status, not by a broken pipe. */
async function writeAll(channel: ClientChannel, stdin: ExecRequest['stdin']): Promise<void> {
  if (stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array) {
    channel.end(stdin === undefined ? undefined : Buffer.from(stdin));
    return;
  }
  for await (const chunk of stdin) {
    if (channel.destroyed || channel.writableEnded) return;
    if (!channel.write(chunk)) await Promise.race([drained(channel), finished(channel)]);
  }
  channel.end();
}

function drained(channel: ClientChannel): Promise<void> {
  return new Promise((resolve) => {
    channel.once('drain', resolve);
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('broken off'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function checked(target: ResolvedTarget, result: ExecResult): ExecResult {
  if (target.become !== 'sudo' || result.status !== 1 || !result.stderr.startsWith('sudo: ')) return result;
  throw fail({
    code: 'sudo-password-needed',
    summary: `${target.user} may not become root on ${target.name} without a password`,
    where: { in: 'host', host: target.name },
    why: result.stderr.split('\n')[0] ?? '',
    fix: `let it: '${target.user} ALL=(ALL) NOPASSWD: ALL' in /etc/sudoers.d/sealctl; or log in as root, or manage the host without root (services: supervisor, ssh.become: none)`,
  });
}

function execFailure(
  target: ResolvedTarget,
  request: ExecRequest,
  thrown: unknown,
  timedOut: boolean,
): ProblemError {
  const where = { in: 'host', host: target.name } as const;
  if (timedOut) {
    return fail({
      code: 'ssh-timeout',
      summary: `${target.name} hung: ${request.step} took longer than ${Math.round(request.timeoutMs / 1000)} s`,
      where,
      why: 'the machine is frozen, overloaded, or a file system does not answer',
      fix: 'look at the machine; run the same command again when it answers',
    });
  }
  if (request.signal?.aborted === true) {
    return fail(
      { code: 'interrupted', summary: `${request.step} on ${target.name} was broken off`, where },
      { cause: thrown },
    );
  }
  return fail(
    {
      code: 'connection-lost',
      summary: `${target.name} was lost: ${request.step}`,
      where,
      why: messageOf(thrown),
      fix: 'check machine and network, then run the same command again: it goes on from where the host is',
    },
    { cause: thrown },
  );
}
