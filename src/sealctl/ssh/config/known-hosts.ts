import { createHash, createHmac } from 'node:crypto';
import { globMatches } from './glob.ts';

/** One line of a known_hosts file that holds a key. Format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
export interface KnownHostLine {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** Comma-separated patterns, or one hashed name `|1|salt|hash`. */
  readonly patterns: string;
  readonly type: string;
  /** Base64. */
  readonly key: string;
  readonly file: string;
  readonly line: number;
}

/** The entries of known_hosts for one host. */
export interface KnownKeys {
  readonly keys: readonly KnownHostLine[];
  readonly revoked: readonly KnownHostLine[];
  /** A certificate authority vouches for the host; certificates need the `openssh` transport. */
  readonly authorities: readonly KnownHostLine[];
  /** Keys of the same name without its port. One of them is as good, but a host that shows another is unknown, not changed. */
  readonly withoutPort: readonly KnownHostLine[];
}

export type Verdict = 'known' | 'unknown' | 'changed' | 'revoked';

/** The key lines of a file; comments, blank and unreadable lines are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHostLine[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/[ \t]+/);
    const marked = words[0]?.startsWith('@') === true;
    const marker = marked ? markerOf(words[0]) : 'none';
    const [patterns, type, key] = marked ? words.slice(1) : words;
    if (marker === undefined || patterns === undefined || type === undefined || key === undefined) return [];
    if (patterns.startsWith('#') || !/^[A-Za-z0-9+/]+=*$/.test(key)) return [];
    return [{ marker, patterns, type, key, file, line: index + 1 }];
  });
}

/** Selects the lines for a host, by its `knownHostsName` or its HostKeyAlias. */
export function knownKeysOf(lines: readonly KnownHostLine[], name: string): KnownKeys {
  const bare = /^\[(.+)\]:\d+$/.exec(name)?.[1] ?? name;
  const matching = lines.filter((line) => matches(line.patterns, name));
  const marked = (marker: KnownHostLine['marker']) => matching.filter((line) => line.marker === marker);
  return {
    keys: marked('none'),
    // A key that is revoked for the name is revoked for each of its ports.
    revoked: lines.filter(
      (line) => line.marker === 'revoked' && (matches(line.patterns, name) || matches(line.patterns, bare)),
    ),
    authorities: marked('cert-authority'),
    withoutPort:
      name === bare ? [] : lines.filter((line) => line.marker === 'none' && matches(line.patterns, bare)),
  };
}

/** The name a host is known by, as OpenSSH looks it up: `[host]:port` unless the port is 22. */
export function knownHostsName(host: string, port: number): string {
  const lower = host.toLowerCase();
  return port === 22 ? lower : `[${lower}]:${port}`;
}

/** Judges the key a host has shown (base64). A key of a type that is not known, beside known ones, is `changed`. */
export function judge(known: KnownKeys, key: string): Verdict {
  const holds = (lines: readonly KnownHostLine[]) => lines.some((line) => line.key === key);
  if (holds(known.revoked)) return 'revoked';
  if (known.keys.length > 0) return holds(known.keys) ? 'known' : 'changed';
  return holds(known.withoutPort) ? 'known' : 'unknown';
}

/**
 * Host key algorithms to offer: those of the known keys, so that a host known by its RSA key alone shows that one; all when none is
 * known. RSA keys sign with SHA-2 only.
 */
export function hostKeyAlgorithms(known: KnownKeys): HostKeyAlgorithm[] {
  const lines = known.keys.length > 0 ? known.keys : known.withoutPort;
  const types = lines.map((line) => line.type);
  const wanted = everyAlgorithm.filter((algorithm) => types.includes(keyTypeOf(algorithm)));
  return wanted.length === 0 ? [...everyAlgorithm] : wanted;
}

/** `SHA256:…` as OpenSSH prints it, of a key in base64. */
export function fingerprint(key: string): string {
  return `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`;
}

export type HostKeyAlgorithm = (typeof everyAlgorithm)[number];

const everyAlgorithm = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

function markerOf(word: string | undefined): KnownHostLine['marker'] | undefined {
  if (word === '@revoked') return 'revoked';
  return word === '@cert-authority' ? 'cert-authority' : undefined;
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return matchesHashed(patterns, name);
  const list = patterns.toLowerCase().split(',');
  const negated = list.some((pattern) => pattern.startsWith('!') && globMatches(pattern.slice(1), name));
  return !negated && list.some((pattern) => !pattern.startsWith('!') && globMatches(pattern, name));
}

function matchesHashed(pattern: string, name: string): boolean {
  const [, , salt, hash] = pattern.split('|');
  if (salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}
