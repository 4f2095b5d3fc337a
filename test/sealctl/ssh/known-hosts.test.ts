import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatches } from '../../../src/sealctl/ssh/config/glob.ts';
import {
  hostKeyAlgorithms,
  judge,
  knownHostsName,
  knownKeysOf,
  parseKnownHosts,
} from '../../../src/sealctl/ssh/config/known-hosts.ts';

const key = (seed = 'a') => Buffer.from(seed.repeat(32)).toString('base64');
const known = (text: string, name: string) => knownKeysOf(parseKnownHosts(text, 'known_hosts'), name);

describe('parseKnownHosts', () => {
  it('passes over what is not a key, and keeps line numbers', () => {
    const text = `# a ${key()}\n\nhost ssh-ed25519\nhost ssh-ed25519 not*base64\n@unknown h t ${key()}\n\t host ssh-ed25519 ${key()} comment\r\n`;
    expect(parseKnownHosts(text, 'f')).toEqual([
      { marker: 'none', patterns: 'host', type: 'ssh-ed25519', key: key(), file: 'f', line: 6 },
    ]);
  });

  it('survives any text, and never takes it for a key of another host', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.string(), (text, name) => {
        const found = known(text, name);
        expect(judge(found, randomBytes(32).toString('base64'))).toMatch(/unknown|changed/);
      }),
    );
  });

  it('survives any change to a good line', () => {
    const line = `@revoked |1|${key().slice(0, 28)}|${key().slice(0, 28)} ssh-ed25519 ${key()}`;
    fc.assert(
      fc.property(fc.nat(line.length), fc.string({ maxLength: 3 }), (at, noise) => {
        known(line.slice(0, at) + noise + line.slice(at + 1), 'host');
      }),
    );
  });
});

describe('judge', () => {
  it('takes any of several known keys', () => {
    const text = `h ssh-ed25519 ${key('a')}\nh ssh-rsa ${key('b')}`;
    expect(judge(known(text, 'h'), key('b'))).toBe('known');
    expect(judge(known(text, 'h'), key('c'))).toBe('changed');
    expect(hostKeyAlgorithms(known(text, 'h'))).toEqual(['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256']);
  });

  it('takes revocation over knowledge, on every port', () => {
    const text = `[h]:2222 ssh-ed25519 ${key()}\n@revoked h ssh-ed25519 ${key()}`;
    expect(judge(known(text, '[h]:2222'), key())).toBe('revoked');
  });

  it('takes names in any case', () => {
    expect(judge(known(`Worker-1 ssh-ed25519 ${key()}`, knownHostsName('WORKER-1', 22)), key())).toBe(
      'known',
    );
  });

  it('lets a negated name out of a wildcard', () => {
    expect(judge(known(`*.example,!b.example ssh-ed25519 ${key()}`, 'b.example'), key())).toBe('unknown');
  });
});

describe('globMatches', () => {
  it('agrees with the meaning of * and ?', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        const meant = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(globMatches(pattern, text)).toBe(new RegExp(`^(?:${meant})$`).test(text));
      }),
    );
  });

  it('does not take for ever on a pattern made to', () => {
    expect(globMatches(`${'*a'.repeat(50)}b`, 'a'.repeat(5_000))).toBe(false);
  });
});
