import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mask, maskTokens, secretName, tokensIn } from '../../../src/core/secret/literal.ts';

const part = fc.stringMatching(/^[A-Za-z0-9_-]{6,40}$/);
const token = fc.tuple(part, part, part).map(([head, body, signature]) => `eyJ${head}.${body}.${signature}`);

describe('written-out tokens', () => {
  it('are found and masked wherever they stand', () => {
    fc.assert(
      fc.property(token, fc.stringMatching(/^[ :"',]{0,3}$/), (text, edge) => {
        const line = `token${edge} ${text} ${edge}end`;
        expect(tokensIn(line).map(({ start, end }) => line.slice(start, end))).toEqual([text]);
        expect(maskTokens(line)).toBe(`token${edge} ${mask} ${edge}end`);
      }),
    );
  });

  it('are not seen in digests, UUIDs and addresses', () => {
    for (const text of [
      'ab'.repeat(32),
      'GPU-5b1c3c3e-0f0a-4a53-9e7c-5d3f0d1a2b3c',
      '10.0.0.2:2345',
      'eyJ.a.b',
    ]) {
      expect(tokensIn(text)).toEqual([]);
      expect(maskTokens(text)).toBe(text);
    }
  });
});

describe('the name of a variable', () => {
  it('gives away that its value is a secret', () => {
    const names = [
      'VAULT_TOKEN',
      'DB_PASSWORD',
      'PASSWD',
      'GPG_PASSPHRASE',
      'CLIENT_SECRET',
      'APIKEY',
      'API_KEY',
    ];
    const keys = ['ACCESS_KEY', 'ACCESSKEY', 'PRIVATE_KEY', 'SECRET_KEY'];
    const harmless = ['TOKEN_FILE', 'RUST_LOG', 'PUBLIC_KEY', 'PASSWORD_POLICY', 'token'];
    expect([...names, ...keys, ...harmless].filter((name) => secretName.test(name))).toEqual([
      ...names,
      ...keys,
    ]);
  });
});
