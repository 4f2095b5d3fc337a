import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { SshSettings, SshTarget } from './target.ts';

/** How a host is reached after cluster.yaml, the user's ssh_config and OpenSSH's defaults have been asked, in this order. */
export interface ResolvedTarget {
  readonly name: string;
  /** The name host keys are looked up by. */
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly agentSocket: string | undefined;
  /** Hops before the host, the first one first. */
  readonly jumps: readonly string[];
  readonly knownHostsFiles: readonly string[];
  readonly become: SshSettings['become'];
  readonly hostKeys: SshSettings['hostKeys'];
  /** What cluster.yaml says itself, which holds for the jump hosts too. */
  readonly knownHostsGiven: string | undefined;
  readonly identityGiven: string | undefined;
}

export interface SshEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user: string;
}

const systemConfig = '/etc/ssh/ssh_config';
const evaluations = new Map<string, Promise<ReadonlyMap<string, readonly string[]>>>();

/** Resolves a host. `ssh -G` is asked only where the user has a configuration that could matter: it costs a process. */
export async function resolveTarget(target: SshTarget, environment: SshEnvironment): Promise<ResolvedTarget> {
  const home = environment.env['HOME'] ?? homedir();
  const { ssh } = target;
  const settings = await settingsOf(target, home);
  const one = (key: string) => settings.get(key)?.[0];
  const jump = ssh.proxyJump ?? one('proxyjump');
  const defaults = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((file) => join(home, '.ssh', file));
  const identities = settings.get('identityfile') ?? defaults;
  return {
    name: target.name,
    hostName: one('hostname') ?? target.address,
    port: ssh.port ?? Number(one('port') ?? 22),
    user: ssh.user ?? one('user') ?? environment.user,
    identityFiles: (ssh.identityFile === undefined ? identities : [ssh.identityFile]).map((file) =>
      expand(file, home),
    ),
    agentSocket: agentOf(one('identityagent'), environment.env),
    jumps: jump === undefined || jump === 'none' ? [] : jump.split(','),
    knownHostsFiles: (ssh.knownHosts === undefined ? knownHostsFiles(settings, home) : [ssh.knownHosts]).map(
      (file) => expand(file, home),
    ),
    become: ssh.become,
    hostKeys: ssh.hostKeys,
    knownHostsGiven: ssh.knownHosts,
    identityGiven: ssh.identityFile,
  };
}

async function settingsOf(target: SshTarget, home: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const userConfig = join(home, '.ssh/config');
  if (!existsSync(userConfig)) return new Map();
  const { user, port } = target.ssh;
  const destination = user === undefined ? target.address : `${user}@${target.address}`;
  const key = `${destination} ${port ?? ''}`;
  const evaluation = evaluations.get(key) ?? evaluate(destination, port);
  evaluations.set(key, evaluation);
  return evaluation;
}

/** OpenSSH's own evaluation; without a client installed there is none, and the file cannot have been meant for us. */
async function evaluate(
  destination: string,
  port: number | undefined,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const result = await execa(
    'ssh',
    ['-G', ...(port === undefined ? [] : ['-p', String(port)]), '--', destination],
    {
      reject: false,
      timeout: 10_000,
    },
  );
  const settings = new Map<string, string[]>();
  for (const line of result.exitCode === 0 ? result.stdout.split('\n') : []) {
    const [key = '', ...words] = line.split(' ');
    settings.set(key, [...(settings.get(key) ?? []), words.join(' ')]);
  }
  return settings;
}

function knownHostsFiles(settings: ReadonlyMap<string, readonly string[]>, home: string): string[] {
  const listed = [
    ...(settings.get('userknownhostsfile') ?? []),
    ...(settings.get('globalknownhostsfile') ?? []),
  ];
  if (listed.length > 0) return listed.flatMap((files) => files.split(' '));
  return [
    join(home, '.ssh/known_hosts'),
    join(home, '.ssh/known_hosts2'),
    join(systemConfig, '../ssh_known_hosts'),
  ];
}

function agentOf(configured: string | undefined, env: SshEnvironment['env']): string | undefined {
  if (configured === 'none') return undefined;
  if (configured === undefined || configured === 'SSH_AUTH_SOCK') return env['SSH_AUTH_SOCK'];
  return configured.startsWith('$') ? env[configured.slice(1)] : configured;
}

function expand(path: string, home: string): string {
  return path.startsWith('~/') ? join(home, path.slice(2)) : path;
}
