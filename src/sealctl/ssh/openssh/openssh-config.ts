import type { OpensshOptions } from './openssh-transport.ts';
import type { SshTarget } from '../target.ts';

/**
 * What `ssh` is told in a configuration file rather than in arguments, because jump hosts read it too. The first value of a keyword
 * wins, so the operator's own configuration comes last.
 */
export function opensshConfig(
  { ssh }: SshTarget,
  options: Pick<OpensshOptions, 'connectTimeoutMs' | 'keepAliveMs' | 'configFile'>,
): string {
  const own =
    options.configFile === undefined ? ['~/.ssh/config', '/etc/ssh/ssh_config'] : [options.configFile];
  const lines = [
    'Host *',
    'BatchMode yes',
    `StrictHostKeyChecking ${ssh.hostKeys === 'strict' ? 'yes' : 'accept-new'}`,
    'UpdateHostKeys no',
    ...(ssh.knownHosts === undefined ? [] : [`UserKnownHostsFile ${configWord(ssh.knownHosts)}`]),
    // As with ssh2: a named key is the only one offered.
    ...(ssh.identityFile === undefined
      ? []
      : [`IdentityFile ${configWord(ssh.identityFile)}`, 'IdentitiesOnly yes']),
    `ConnectTimeout ${Math.ceil(options.connectTimeoutMs / 1000)}`,
    `ServerAliveInterval ${Math.ceil(options.keepAliveMs / 1000)}`,
    'ServerAliveCountMax 3',
    // The default of OpenSSH 9 costs ten times the processor time of this one on both sides.
    'KexAlgorithms ^curve25519-sha256',
    'ClearAllForwardings yes',
    'ControlPersist no',
    'PermitLocalCommand no',
    'ForwardAgent no',
    'ForwardX11 no',
    'RequestTTY no',
    ...(options.configFile === 'none' ? [] : own.map((file) => `Include ${configWord(file)}`)),
  ];
  return `${lines.join('\n')}\n`;
}

/** The arguments for the host itself; jump hosts do not get them. */
export function opensshArguments({ address, ssh }: SshTarget): string[] {
  return [
    '-T',
    ...(ssh.user === undefined ? [] : ['-l', ssh.user]),
    ...(ssh.port === undefined ? [] : ['-p', String(ssh.port)]),
    ...(ssh.proxyJump === undefined ? [] : ['-o', `ProxyJump=${ssh.proxyJump}`]),
    '--',
    address,
  ];
}

/** One word of ssh_config: quoted, with `%` not meant as a token. Include knows no tokens, and its paths are not doubled. */
function configWord(path: string): string {
  const tilde = path.startsWith('~/') ? '~/' : '';
  const rest = path.slice(tilde.length).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return /[\s"\\#']/.test(rest) ? `"${tilde}${rest}"` : `${tilde}${rest}`;
}
