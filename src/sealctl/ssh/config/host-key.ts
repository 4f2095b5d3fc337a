import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, messageOf, type ProblemError } from '@sealctl/core/problem/problem';
import { fingerprint, judge, knownKeysOf, parseKnownHosts } from './known-hosts.ts';
import type { KnownHostLine, KnownKeys } from './known-hosts.ts';
import type { AcceptedHostKey, SshSettings } from '../target.ts';

/** A host, or a hop on the way to it, as its key is checked. */
export interface CheckedHost {
  /** The host of cluster.yaml that is being reached, for messages. */
  readonly name: string;
  /** Where it is, after ssh_config. */
  readonly address: string;
  readonly port: number;
  /** The name for looking up keys: its `knownHostsName`, or its HostKeyAlias. */
  readonly keyName: string;
  /** Searched all; new keys go to the first. */
  readonly knownHostsFiles: readonly string[];
  readonly hostKeys: SshSettings['hostKeys'];
}

/** Checks host keys against known_hosts, whose files are read once for all hosts. */
export interface HostKeyChecker {
  readonly known: (host: CheckedHost) => KnownKeys;
  /** Returns undefined for a good key, else the problem. Records a new key where `accept-new` allows it. */
  readonly check: (host: CheckedHost, key: Buffer) => ProblemError | undefined;
}

/** Reads known_hosts files. Absent files count as empty; unreadable ones are an error, because they may have the key. */
export function hostKeyChecker(accepted: (key: AcceptedHostKey) => void): HostKeyChecker {
  const files = new Map<string, KnownHostLine[]>();
  const linesOf = (file: string) => {
    const lines = files.get(file) ?? parseKnownHosts(readIfThere(file), file);
    files.set(file, lines);
    return lines;
  };
  const known = (host: CheckedHost) => knownKeysOf(host.knownHostsFiles.flatMap(linesOf), host.keyName);
  return {
    known,
    check: (host, key) => {
      const shown = key.toString('base64');
      const keys = known(host);
      const verdict = judge(keys, shown);
      if (verdict === 'known') return undefined;
      if (verdict !== 'unknown' || host.hostKeys !== 'accept-new' || keys.authorities.length > 0)
        return refusal(host, keys, shown, verdict);
      const [file] = host.knownHostsFiles;
      const unwritable = record(host, key, file);
      if (unwritable !== undefined) return unwritable;
      files.delete(file ?? '');
      accepted({
        host: host.keyName,
        type: typeOf(key),
        fingerprint: fingerprint(shown),
        file: file ?? '',
      });
      return undefined;
    },
  };
}

function refusal(
  host: CheckedHost,
  known: KnownKeys,
  shown: string,
  verdict: 'unknown' | 'changed' | 'revoked',
): ProblemError {
  const where = { in: 'host', host: host.name } as const;
  const name = host.keyName;
  const print = fingerprint(shown);
  const type = typeOf(Buffer.from(shown, 'base64'));
  switch (verdict) {
    case 'revoked': {
      const line = known.revoked.find(({ key }) => key === shown);
      return fail({
        code: 'host-key-revoked',
        summary: `the host key of ${host.name} is revoked`,
        where,
        why: `${placeOf(line)} marks ${print} as @revoked, and ${name} presents it`,
        fix: 'do not connect; find out who holds that key',
      });
    }
    case 'changed': {
      const expected = known.keys.find((line) => line.type === type) ?? known.keys[0];
      return fail({
        code: 'host-key-changed',
        summary: `the host key of ${host.name} has changed`,
        where,
        why: `${placeOf(expected)} has ${expected?.type} ${fingerprint(expected?.key ?? '')}, ${name} presents ${type} ${print}: the machine was reinstalled, or another machine answers`,
        fix: `run on the console of the machine: ssh-keygen -l -f /etc/ssh/ssh_host_${shortTypeOf(type)}_key.pub; only if the fingerprint is the same: ssh-keygen -R '${name}' -f '${expected?.file}', then record the new key`,
      });
    }
    case 'unknown':
      return known.authorities.length > 0
        ? fail({
            code: 'host-key-certificate',
            summary: `the ssh2 transport cannot check the certificate authority of ${host.name}`,
            where,
            why: `${placeOf(known.authorities[0])} is a @cert-authority for ${name}, and known_hosts has no plain key for it`,
            fix: 'set ssh.transport: openssh for the host, or record its own key as well',
          })
        : fail({
            code: 'host-key-unknown',
            summary: `${host.name} is not in known_hosts`,
            where,
            why: `${host.knownHostsFiles.join(', ')}: no key of ${name}, which presents ${type} ${print}`,
            fix: `compare with the key on the console of the machine: ssh-keygen -l -f /etc/ssh/ssh_host_${shortTypeOf(type)}_key.pub; then: ssh-keyscan -t ${shortTypeOf(type)} -p ${host.port} ${host.address} >> ${host.knownHostsFiles[0]}; or set ssh.hostKeys: accept-new`,
          });
  }
}

function record(host: CheckedHost, key: Buffer, file: string | undefined): ProblemError | undefined {
  const line = `${host.keyName} ${typeOf(key)} ${key.toString('base64')}\n`;
  try {
    if (file === undefined) throw new Error('there is no known_hosts file');
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    endLastLine(file);
    appendFileSync(file, line, { mode: 0o600 });
    return undefined;
  } catch (thrown) {
    return fail(
      {
        code: 'host-key-not-recorded',
        summary: `the host key of ${host.name} cannot be recorded`,
        where: { in: 'host', host: host.name },
        why: messageOf(thrown),
        fix: 'make the file writable, or set ssh.knownHosts to another file',
      },
      { cause: thrown },
    );
  }
}

/** Ends the last line of a file before another is added: a line appended to an unfinished one is lost. */
export function endLastLine(file: string): void {
  const text = readIfThere(file);
  if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
}

/** The type a key names itself: the first string of its wire form (RFC 4253, section 6.6). */
function typeOf(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

/** As in the names of sshd's key files. */
function shortTypeOf(type: string): string {
  return type.startsWith('ecdsa-') ? 'ecdsa' : type.replace(/^ssh-/, '');
}

function placeOf(line: KnownHostLine | undefined): string {
  return `${line?.file}:${line?.line}`;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw fail(
      {
        code: 'known-hosts-unreadable',
        summary: `${file} cannot be read`,
        why: messageOf(thrown),
        fix: 'make it readable, or set ssh.knownHosts to another file',
      },
      { cause: thrown },
    );
  }
}
