import { join } from 'node:path';
import { fail } from '@sealctl/core/problem/problem';
import type { CheckedHost } from './config/host-key.ts';
import { knownHostsName } from './config/known-hosts.ts';
import type { LoginRequest } from './ssh2/login-keys.ts';
import type { AskConfig, ConfigAnswer } from './config/ssh-config.ts';
import type { SshSettings, SshTarget } from './target.ts';

/** One machine on the way to a host, or the host itself: where it is, how it is logged in to, and how its key is checked. */
export interface Hop extends CheckedHost, LoginRequest {}

/** Facts about the operator's account on this machine. */
export interface Operator {
  readonly user: string;
  readonly home: string;
  /** SSH_AUTH_SOCK and whatever IdentityAgent may name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A chain of jump hosts longer than this is taken for a loop. */
const maxHops = 8;

/**
 * The machines to log in to one after the other, the host last: cluster.yaml's own words first, then ssh_config, then OpenSSH's
 * defaults. What cluster.yaml says of keys and known_hosts holds for the jump hosts too.
 */
export async function routeOf(target: SshTarget, ask: AskConfig, operator: Operator): Promise<Hop[]> {
  const { name, address, ssh } = target;
  const config = await ask({ address, user: ssh.user, port: ssh.port });
  const host = hopOf(name, address, ssh, config, operator);
  const hops = [host];
  let jumps = jumpsOf(ssh.proxyJump, config, name);
  while (jumps.length > 0) {
    if (hops.length + jumps.length > maxHops) throw tooManyJumps(target);
    const before = await Promise.all(
      jumps.map(async (jump) => {
        const at = jumpAt(jump, target);
        const config = await ask(at);
        const { user: _user, port: _port, ...shared } = ssh;
        return { hop: hopOf(name, at.address, { ...shared, ...at }, config, operator), config };
      }),
    );
    hops.unshift(...before.map(({ hop }) => hop));
    // Only the first of the chain is reached from here, so only it may have jump hosts of its own.
    jumps = jumpsOf(undefined, before[0]?.config ?? new Map(), name);
  }
  return hops;
}

function hopOf(
  name: string,
  address: string,
  ssh: Omit<SshSettings, 'proxyJump' | 'become' | 'transport'>,
  config: ConfigAnswer,
  { user, home, environment }: Operator,
): Hop {
  const one = (keyword: string) => config.get(keyword)?.[0];
  const hostName = one('hostname') ?? address;
  const port = ssh.port ?? Number(one('port') ?? 22);
  const loginUser = ssh.user ?? one('user') ?? user;
  const tokens = new Map(
    Object.entries({ '%': '%', d: home, h: hostName, n: address, p: String(port), r: loginUser, u: user }),
  );
  const expand = (path: string) => expandedPath(path, home, tokens);
  return {
    name,
    address: hostName,
    port,
    keyName: one('hostkeyalias') ?? knownHostsName(hostName, port),
    user: loginUser,
    identityFiles: identityFilesOf(ssh, config).map(expand),
    agentSocket: agentOf(one('identityagent'), environment),
    // A named key is the only one offered: an agent with many others would use up the tries a server allows.
    identitiesOnly: ssh.identityFile !== undefined || one('identitiesonly') === 'yes',
    knownHostsFiles: knownHostsFilesOf(ssh, config).map(expand),
    hostKeys: ssh.hostKeys,
  };
}

function identityFilesOf(ssh: Pick<SshSettings, 'identityFile'>, config: ConfigAnswer): readonly string[] {
  if (ssh.identityFile !== undefined) return [ssh.identityFile];
  return config.get('identityfile') ?? ['~/.ssh/id_rsa', '~/.ssh/id_ecdsa', '~/.ssh/id_ed25519'];
}

function knownHostsFilesOf(ssh: Pick<SshSettings, 'knownHosts'>, config: ConfigAnswer): string[] {
  if (ssh.knownHosts !== undefined) return [ssh.knownHosts];
  const user = config.get('userknownhostsfile')?.[0] ?? '~/.ssh/known_hosts ~/.ssh/known_hosts2';
  const global =
    config.get('globalknownhostsfile')?.[0] ?? '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2';
  return [user, global].flatMap((files) => files.split(' ')).filter((file) => file !== 'none');
}

/** `ssh -G` gives paths as they are written; the tokens are those of ssh_config(5) that name files of an operator. */
function expandedPath(path: string, home: string, tokens: ReadonlyMap<string, string>): string {
  const absolute = path.startsWith('~/') ? join(home, path.slice(2)) : path;
  return absolute.replaceAll(/%(.)/g, (token, letter: string) => tokens.get(letter) ?? token);
}

function agentOf(configured: string | undefined, environment: Operator['environment']): string | undefined {
  if (configured === 'none') return undefined;
  if (configured === undefined || configured === 'SSH_AUTH_SOCK') {
    const socket = environment['SSH_AUTH_SOCK'];
    return socket === '' ? undefined : socket;
  }
  return configured.startsWith('$') ? environment[configured.slice(1)] : configured;
}

function jumpsOf(stated: string | undefined, config: ConfigAnswer, name: string): string[] {
  const jump = stated ?? config.get('proxyjump')?.[0];
  if (jump !== undefined) return jump === 'none' ? [] : jump.split(',').map((hop) => hop.trim());
  const command = config.get('proxycommand')?.[0];
  if (command === undefined || command === 'none') return [];
  throw fail({
    code: 'ssh-proxy-command',
    summary: `the ssh2 transport cannot run the ProxyCommand that ssh_config has for ${name}`,
    where: { in: 'host', host: name },
    why: `ProxyCommand ${command}`,
    fix: 'use ProxyJump, or set ssh.transport: openssh for the host',
  });
}

/** A hop as ProxyJump writes it: `[user@]host[:port]` or `ssh://[user@]host[:port]`. */
function jumpAt(jump: string, target: SshTarget): { address: string; user?: string; port?: number } {
  const parts =
    /^(?:ssh:\/\/)?(?:(?<user>[^@]+)@)?(?:\[(?<v6>[^\]]+)\]|(?<host>[^:/@]+))(?::(?<port>\d+))?$/.exec(
      jump,
    )?.groups;
  const address = parts?.['v6'] ?? parts?.['host'];
  const port = parts?.['port'];
  if (parts === undefined || address === undefined || Number(port ?? 1) > 65_535) {
    throw fail({
      code: 'ssh-jump-malformed',
      summary: `'${jump}' does not name a jump host`,
      where: { in: 'host', host: target.name },
      fix: 'write ssh.proxyJump: [user@]host[:port], several separated by commas',
    });
  }
  const user = parts['user'];
  return {
    address,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

function tooManyJumps(target: SshTarget): Error {
  return fail({
    code: 'ssh-jump-loop',
    summary: `the route to ${target.name} has more than ${maxHops} hops`,
    where: { in: 'host', host: target.name },
    why: 'jump hosts in ssh_config refer to each other',
    fix: `check the ProxyJump lines of: ssh -G ${target.address}`,
  });
}
