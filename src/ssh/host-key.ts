import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, type Problem } from '../problem/problem.ts';
import {
  fingerprint,
  judge,
  knownHostsName,
  knownKeysOf,
  parseKnownHosts,
  type KnownKeys,
} from './known-hosts.ts';
import type { ResolvedTarget } from './ssh-config.ts';

/** Checks host keys against known_hosts. The files are read once a process. */
export interface HostKeyChecker {
  readonly known: (target: ResolvedTarget) => KnownKeys;
  /** Undefined when the key is good; else what is wrong. Records a new key where `accept-new` allows it. */
  readonly check: (target: ResolvedTarget, key: Buffer) => Omit<Problem, 'severity'> | undefined;
}

export function hostKeyChecker(note: (text: string) => void): HostKeyChecker {
  const files = new Map<string, ReturnType<typeof parseKnownHosts>>();
  const linesOf = (file: string) => {
    const lines = files.get(file) ?? parseKnownHosts(readIfThere(file), file);
    files.set(file, lines);
    return lines;
  };
  const known = (target: ResolvedTarget) =>
    knownKeysOf(target.knownHostsFiles.flatMap(linesOf), target.hostName, target.port);
  return {
    known,
    check: (target, key) => {
      const shown = key.toString('base64');
      const keys = known(target);
      const verdict = judge(keys, shown);
      if (verdict === 'known') return undefined;
      if (verdict === 'unknown' && target.hostKeys === 'accept-new') {
        record(target, key);
        files.delete(target.knownHostsFiles[0] ?? '');
        note(`${target.name}: accepted its new host key ${fingerprint(shown)}`);
        return undefined;
      }
      return refusal(target, keys, shown, verdict);
    },
  };
}

function refusal(
  target: ResolvedTarget,
  known: KnownKeys,
  shown: string,
  verdict: 'unknown' | 'changed' | 'revoked',
): Omit<Problem, 'severity'> {
  const where = { in: 'host', host: target.name } as const;
  const name = knownHostsName(target.hostName, target.port);
  const print = fingerprint(shown);
  switch (verdict) {
    case 'revoked':
      return {
        code: 'host-key-revoked',
        summary: `${target.name} shows a host key that is revoked`,
        where,
        why: `known_hosts lists ${print} as @revoked`,
        fix: 'do not connect; find out who holds that key',
      };
    case 'changed': {
      const [expected] = known.keys;
      return {
        code: 'host-key-changed',
        summary: `${target.name} shows another host key than the known one`,
        where,
        why: `${expected?.file}:${expected?.line} has ${expected === undefined ? '' : fingerprint(expected.key)}, it shows ${print}: the machine was installed anew, or another machine answers`,
        fix: `if you know that it was installed anew: ssh-keygen -R '${name}', then record the key you verified`,
      };
    }
    case 'unknown':
      return {
        code: 'host-key-unknown',
        summary: `${target.name} is not in known_hosts`,
        where,
        why:
          known.authorities.length > 0
            ? `${name} is known by a certificate authority only, and the ssh2 transport cannot check certificates`
            : `no line for ${name} in ${target.knownHostsFiles.join(', ')}; it shows ${print}`,
        fix:
          known.authorities.length > 0
            ? 'set ssh.transport: openssh for it'
            : `compare the fingerprint with the machine's own, then: ssh-keyscan -p ${target.port} ${target.hostName} >> ~/.ssh/known_hosts, or set ssh.hostKeys: accept-new`,
      };
  }
}

function record(target: ResolvedTarget, key: Buffer): void {
  const [file] = target.knownHostsFiles;
  if (file === undefined) {
    throw fail({
      code: 'no-known-hosts',
      summary: 'there is no known_hosts file to record keys in',
      fix: 'set ssh.knownHosts',
    });
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const type = key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
  appendFileSync(
    file,
    `${knownHostsName(target.hostName, target.port)} ${type} ${key.toString('base64')}\n`,
    { mode: 0o600 },
  );
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
