import { readFileSync } from 'node:fs';
import { fail, messageOf, type ProblemError } from '@sealctl/core/problem/problem';
import { fingerprint, knownKeysOf, parseKnownHosts } from '../config/known-hosts.ts';
import { authFailed, timedOut, unreachable } from '../ssh-problem.ts';
import type { AcceptedHostKey, SshTarget } from '../target.ts';

/** Turns the messages of a failed `ssh` into the problem that the ssh2 transport would report. ssh's messages are always English. */
export function opensshProblem(
  target: SshTarget,
  said: string,
  reason: unknown,
  { connectTimeoutMs }: { readonly connectTimeoutMs: number },
): ProblemError {
  const { name: host, address, ssh } = target;
  const where = { in: 'host', host } as const;
  const line = said.trim().split('\n').at(-1)?.trim() ?? '';
  if (messageOf(reason).includes('ENOENT')) {
    return fail({
      code: 'ssh-client-missing',
      summary: `${host} uses the openssh transport, but this machine has no ssh program`,
      where,
      why: messageOf(reason),
      fix: "install OpenSSH's client, or set ssh.transport: ssh2",
    });
  }
  if (/REVOKED HOST KEY DETECTED/.test(said)) {
    return fail({
      code: 'host-key-revoked',
      summary: `the host key of ${host} is revoked`,
      where,
      why: /^The .* is marked as revoked.*/m.exec(said)?.[0] ?? line,
      fix: 'do not connect; find out who holds that key',
    });
  }
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(said)) {
    const shown = /fingerprint for the (\S+) key sent by the remote host is\s+(SHA256:[A-Za-z0-9+/]+)/.exec(
      said,
    );
    const known = /^Offending \S+ key in (.+):(\d+)\s*$/m.exec(said);
    const [, file = '', number = ''] = known ?? [];
    return fail({
      code: 'host-key-changed',
      summary: `the host key of ${host} has changed`,
      where,
      why: `${file}:${number} has ${fingerprintAt(file, Number(number))}, the host presents ${shown?.[1]} ${shown?.[2]}: the machine was reinstalled, or another machine answers`,
      fix: `run on the console of the machine: ssh-keygen -l -f /etc/ssh/ssh_host_${shown?.[1]?.toLowerCase()}_key.pub; only if the fingerprint is the same, remove line ${number} of ${file} and record the new key`,
    });
  }
  const unknown = /No (\S+) host key is known for (\S+) and you have requested strict checking/.exec(said);
  if (unknown !== null) {
    return fail({
      code: 'host-key-unknown',
      summary: `${host} is not in known_hosts`,
      where,
      why: line === '' ? said : `no ${unknown[1]} key of ${unknown[2]} is known`,
      fix: `compare with the key on the console of the machine, then record it: ssh-keyscan -p ${ssh.port ?? 22} ${address} >> ~/.ssh/known_hosts; or set ssh.hostKeys: accept-new`,
    });
  }
  if (/Permission denied \(|Too many authentication failures/.test(said))
    return authFailed(host, ssh.user ?? 'this user', [line, ...certificateHint(said)]);
  if (/timed out/i.test(said)) return timedOut(host, `connect to ${address} (${line})`, connectTimeoutMs);
  return unreachable(host, address, line === '' ? reason : new Error(line));
}

/** The key `accept-new` has just recorded, from ssh's notice and the file. */
export function acceptedKey(said: string, file: string): AcceptedHostKey | undefined {
  const [, host] =
    /^Warning: Permanently added '([^']+)' \(\S+\) to the list of known hosts/m.exec(said) ?? [];
  if (host === undefined) return undefined;
  const lines = parseKnownHosts(readFileSync(file, 'utf8'), file);
  const recorded = knownKeysOf(lines, host).keys.at(-1);
  if (recorded === undefined) return undefined;
  return { host, type: recorded.type, fingerprint: fingerprint(recorded.key), file };
}

function fingerprintAt(file: string, number: number): string {
  try {
    const line = parseKnownHosts(readFileSync(file, 'utf8'), file).find((known) => known.line === number);
    return line === undefined ? 'another' : `${line.type} ${fingerprint(line.key)}`;
  } catch (thrown) {
    // Only ssh may be able to read the file: its message is reported without the fingerprint.
    return `another (${messageOf(thrown)})`;
  }
}

function certificateHint(said: string): string[] {
  return /passphrase|sign_and_send_pubkey/.test(said)
    ? ['a key has a passphrase: load it into ssh-agent, the openssh transport cannot ask']
    : [];
}
