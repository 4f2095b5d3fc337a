import { execa } from 'execa';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shq } from '../../src/sealctl/host/quote.ts';
import { hostKeyOf } from './disk.ts';
import { hostAddress, inNamespace } from './network.ts';
import { fleetFolder } from './places.ts';
import type { FleetRecord } from './record.ts';

/** The accounts of every host: root; one that may become root without a password; one that may not become root. */
export type Account = 'root' | 'ops' | 'nosudo';

export interface ExecOptions {
  readonly user?: Account;
  readonly input?: string | Uint8Array;
  /** Default 60 seconds, after which exec fails. */
  readonly timeoutMs?: number;
}

export interface ExecResult {
  /** 255 when ssh itself failed. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Makes the key that opens every account of the fleet, and gives its public half. */
export async function ensureIdentity(fleet: string): Promise<string> {
  const file = identityFileOf(fleet);
  if (!existsSync(file))
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `fleet ${fleet}`, '-f', file]);
  return readFileSync(`${file}.pub`, 'utf8');
}

/** Writes the known_hosts and the ssh_config of a fleet, so that host keys are checked from the first connection. */
export function writeSshFiles(record: FleetRecord): void {
  const { fleet, network, hosts } = record;
  const known = hosts.map(
    ({ name, number }) => `${hostAddress(network, number)} ${hostKeyOf(fleet, name)}\n`,
  );
  const sections = hosts.map(
    ({ name, number }) => `Host ${name}\n  HostName ${hostAddress(network, number)}\n`,
  );
  const forAll = `Host *
  User root
  IdentityFile ${identityFileOf(fleet)}
  IdentitiesOnly yes
  BatchMode yes
  UserKnownHostsFile ${knownHostsFileOf(fleet)}
  StrictHostKeyChecking yes
  KexAlgorithms curve25519-sha256
  ConnectTimeout 5
  LogLevel ERROR
`;
  writeFileSync(knownHostsFileOf(fleet), known.join(''));
  writeFileSync(sshConfigFileOf(fleet), `${sections.join('')}${forAll}`);
}

export function identityFileOf(fleet: string): string {
  return join(fleetFolder(fleet), 'id_ed25519');
}

export function knownHostsFileOf(fleet: string): string {
  return join(fleetFolder(fleet), 'known_hosts');
}

export function sshConfigFileOf(fleet: string): string {
  return join(fleetFolder(fleet), 'ssh_config');
}

/** The argv of an ssh client that reaches the host from anywhere on this machine. */
export function sshArgv(
  { fleet, network }: FleetRecord,
  host: string,
  options: string[],
): [string, ...string[]] {
  return inNamespace(network.controller, ['ssh', '-F', sshConfigFileOf(fleet), ...options, host]);
}

/** Runs a command on a host over ssh, each argument arriving as it is. Any exit code is an answer; a timeout is an error. */
export async function execOverSsh(
  record: FleetRecord,
  host: string,
  argv: readonly string[],
  { user = 'root', input = '', timeoutMs = 60_000 }: ExecOptions = {},
): Promise<ExecResult> {
  const [file, ...client] = sshArgv(record, host, ['-l', user]);
  const command = argv.map(shq).join(' ');
  const result = await execa(file, [...client, '--', command], { input, timeout: timeoutMs, reject: false });
  if (result.exitCode === undefined)
    throw new Error(`${host}: ${command}: ${result.originalMessage ?? 'ended by a signal'}`);
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}
