/**
 * Serves the hosts of a sandbox: `serve.ts REQUEST`, a `ServeRequest` in JSON. Writes its state down once it listens, obeys `HostOrder`s over IPC,
 * and ends with all that its hosts started on SIGTERM, or when its parent is gone and the sandbox is not to be kept.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import {
  layoutOf,
  markerVariable,
  type SandboxHost,
  type SandboxState,
  type ServeRequest,
} from './layout.ts';
import { endProcesses } from './processes.ts';
import { serveSsh, type SshServer } from './ssh-server.ts';

/** What can happen to a host. `kill` is a power cut: connections reset, every process of the host killed, disk kept. */
export interface HostOrder {
  readonly id: number;
  readonly host: string;
  readonly act: 'freeze' | 'thaw' | 'reset' | 'kill' | 'stop-ssh' | 'start-ssh';
}

/** The order of that number is carried out, or why it is not. */
export interface ServeMessage {
  readonly done: number;
  readonly error?: string;
}

const user = 'seal';
const { directory, hosts, keep } = JSON.parse(process.argv[2] ?? '') as ServeRequest;
const layout = layoutOf(directory);
const marker = randomUUID();
const earlier = existsSync(layout.state) ? readState() : undefined;
const authorizedKey = keyOf(layout.identity);
const servers = new Map<string, SshServer>();
const served: SandboxHost[] = [];
for (const name of hosts) {
  const host = {
    name,
    address: '127.0.0.1',
    user,
    root: layout.root(name),
    port: earlier?.hosts.find((known) => known.name === name)?.port ?? 0,
  };
  mkdirSync(host.root, { recursive: true, mode: 0o700 });
  served.push({ ...host, port: (await startSsh(host)).port });
}
process.on('SIGTERM', () => void end());
process.on('SIGINT', () => void end());
process.on('disconnect', () => {
  if (!keep) void end();
});
process.on('message', (order: HostOrder) => {
  obey(order).then(
    () => tell({ done: order.id }),
    (thrown: unknown) => tell({ done: order.id, error: String(thrown) }),
  );
});
// Whoever started this waits for it.
writeState();

async function startSsh(host: SandboxHost): Promise<SshServer> {
  keyOf(layout.hostKey(host.name));
  const server = await serveSsh({
    port: host.port,
    hostKey: readFileSync(layout.hostKey(host.name), 'utf8'),
    user,
    authorizedKey,
    root: host.root,
    environment: {
      HOME: host.root,
      USER: user,
      LOGNAME: user,
      SHELL: '/bin/sh',
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      [markerVariable]: markerOf(host.name),
    },
  });
  servers.set(host.name, server);
  return server;
}

function markerOf(host: string): string {
  return `${marker}/${host}/`;
}

async function obey({ host: name, act }: HostOrder): Promise<void> {
  const host = served.find((candidate) => candidate.name === name);
  const server = servers.get(name);
  if (host === undefined || server === undefined) throw new Error(`no host ${name} in this sandbox`);
  switch (act) {
    case 'freeze':
      return server.freeze();
    case 'thaw':
      return server.thaw();
    case 'reset':
      return server.reset();
    case 'kill':
      server.reset();
      return endProcesses({ marker: markerOf(name), roots: [host.root] }, 0);
    case 'stop-ssh':
      return server.close();
    case 'start-ssh':
      await startSsh(host);
  }
}

async function end(): Promise<void> {
  await Promise.all([...servers.values()].map((server) => server.close()));
  await endProcesses({ marker, roots: served.map(({ root }) => root) }, 3_000);
  process.exit(0);
}

function tell(message: ServeMessage): void {
  if (process.connected) process.send?.(message);
}

/** The key of a file, made on first use, with its public half beside it. */
function keyOf(file: string): ParsedKey {
  if (!existsSync(file)) {
    const pair = newKeyPair();
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, pair.private, { mode: 0o600 });
    writeFileSync(`${file}.pub`, `${pair.public}\n`);
  }
  const key = ssh2.utils.parseKey(readFileSync(file));
  if (key instanceof Error) throw key;
  return key;
}

/** ssh2 drops zero bytes at the beginning of a public key: of some hundred private keys that it makes, one cannot be read. */
function newKeyPair() {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'sandbox' });
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

function readState(): SandboxState {
  return JSON.parse(readFileSync(layout.state, 'utf8')) as SandboxState;
}

function writeState(): void {
  const publicKey = (name: string) =>
    readFileSync(`${layout.hostKey(name)}.pub`, 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  const knownHosts = served.map(({ name, port }) => `[127.0.0.1]:${port} ${publicKey(name)}\n`);
  writeFileSync(layout.knownHosts, knownHosts.join(''), { mode: 0o600 });
  const config = served.map(
    ({ name, address, port }) =>
      `Host ${name}\n  HostName ${address}\n  Port ${port}\n  User ${user}\n  IdentityFile ${layout.identity}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${layout.knownHosts}\n`,
  );
  writeFileSync(layout.sshConfig, config.join(''), { mode: 0o600 });
  const state: SandboxState = { pid: process.pid, marker, hosts: served };
  // Whole or not at all: others look for it.
  writeFileSync(`${layout.state}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${layout.state}.new`, layout.state);
}
