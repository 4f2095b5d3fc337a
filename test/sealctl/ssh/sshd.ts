import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../free-ports.ts';

/** A real sshd on a high port of loopback, with keys and configuration of its own, that lets the user who runs the tests in. */
export interface Sshd {
  readonly port: number;
  readonly pid: number;
  readonly user: string;
  readonly directory: string;
  readonly knownHosts: string;
  readonly identity: string;
  readonly hostKey: (type: 'ed25519' | 'ecdsa') => string;
  /** What it has said so far. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/** Where there is no OpenSSH server, its tests are left out and `npm test` says so. */
export const sshdInstalled = existsSync('/usr/sbin/sshd');

/** Starts it; `extra` are further lines of sshd_config. Listening on 0.0.0.0, it is reached at every loopback address. */
export async function startSshd(extra: readonly string[] = [], listen = '127.0.0.1'): Promise<Sshd> {
  const directory = mkdtempSync(join(tmpdir(), 'sealctl-sshd-'));
  const hostKey = (type: string) => join(directory, `host_${type}`);
  for (const type of ['ed25519', 'ecdsa']) makeKey(hostKey(type), type);
  const identity = join(directory, 'id_ed25519');
  makeKey(identity, 'ed25519');
  writeFileSync(join(directory, 'authorized_keys'), readFileSync(`${identity}.pub`));
  const port = await freePort();
  const config = join(directory, 'sshd_config');
  writeFileSync(
    config,
    [
      `Port ${port}`,
      `ListenAddress ${listen}`,
      `HostKey ${hostKey('ed25519')}`,
      `HostKey ${hostKey('ecdsa')}`,
      `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
      `PidFile ${join(directory, 'pid')}`,
      'UsePAM no',
      'StrictModes no',
      // bash reads the tester's ~/.bashrc for sshd, unless it thinks that it is a shell below another.
      'SetEnv SHLVL=2',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      ...extra,
      '',
    ].join('\n'),
  );
  // Debian makes it when the service starts, which it may never have done here.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const log: Buffer[] = [];
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.on('data', (piece: Buffer) => log.push(piece));
  // A test file that is given up in its setup never gets to stop it.
  const kill = () => child.kill('SIGTERM');
  process.once('exit', kill);
  const knownHosts = join(directory, 'known_hosts');
  writeFileSync(knownHosts, knownHostsLine(`[127.0.0.1]:${port}`, hostKey('ed25519')));
  const said = () => Buffer.concat(log).toString();
  await answering(port, child, said);
  return {
    port,
    pid: child.pid ?? 0,
    user: userInfo().username,
    directory,
    knownHosts,
    identity,
    hostKey,
    log: said,
    stop: async () => {
      await ended(child);
      process.off('exit', kill);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A line of known_hosts for the public half of a key file. */
export function knownHostsLine(name: string, keyFile: string): string {
  return `${name} ${readFileSync(`${keyFile}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')}\n`;
}

export function makeKey(file: string, type: string, passphrase = ''): void {
  const made = spawnSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', file]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
}

async function answering(port: number, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await greets(port))) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error(`sshd does not answer: ${log()}`);
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('SSH-'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once('close', () => resolve(false));
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
