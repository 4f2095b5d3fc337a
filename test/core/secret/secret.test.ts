import { describe, expect, it } from 'vitest';
import {
  escapeInDoubleQuotes,
  resolveTemplate,
  secretKey,
  secretsOf,
  type SecretRef,
} from '../../../src/core/secret/secret.ts';

const env: SecretRef = { from: 'env', name: 'TOKEN' };
const file: SecretRef = { from: 'file', path: '/etc/token' };
const command: SecretRef = { from: 'command', argv: ['pass', 'show', 'token'] };
const minerToken: SecretRef = { from: 'miner-token' };

describe('the key of a secret', () => {
  it('names its source', () => {
    expect([env, file, command, minerToken].map(secretKey)).toEqual([
      'env TOKEN',
      'file /etc/token',
      'command pass show token',
      "the miner's token",
    ]);
  });
});

describe('a text with placeholders for secrets', () => {
  const template = ['A="', { inDoubleQuotes: env }, '" B=', file, '\n'];

  it('names the secrets it needs in the order they stand, quoted or not', () => {
    expect(secretsOf(template)).toEqual([env, file]);
    expect(secretsOf(['from', ' nothing'])).toEqual([]);
  });

  it('is filled in with the values, escaped where they stand between double quotes', () => {
    const values = new Map([
      [secretKey(env), 'a"b'],
      [secretKey(file), 'c"d'],
    ]);
    expect(resolveTemplate(template, values)).toBe('A="a\\"b" B=c"d\n');
    expect(resolveTemplate([], values)).toBe('');
  });

  it('is not filled in at all while one of its secrets is not known', () => {
    expect(resolveTemplate(template, new Map([[secretKey(env), 'a']]))).toBeUndefined();
    expect(resolveTemplate(template, new Map([[secretKey(file), 'c']]))).toBeUndefined();
  });

  it('is filled in with a secret that is empty', () => {
    expect(resolveTemplate(['A=', env], new Map([[secretKey(env), '']]))).toBe('A=');
  });
});

describe('a value between double quotes', () => {
  it('has a backslash before each character that a shell would read there, and no other change', () => {
    expect(escapeInDoubleQuotes('a"b\\c$d`e')).toBe('a\\"b\\\\c\\$d\\`e');
    expect(escapeInDoubleQuotes("it's #1 (ünd)!\n")).toBe("it's #1 (ünd)!\n");
  });
});
