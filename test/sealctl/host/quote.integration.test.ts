import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellCommand, shq } from '../../../src/sealctl/host/quote.ts';

const hostile = [
  '',
  ' ',
  "'",
  "''",
  '"',
  '\\',
  "\\'",
  '$(touch /tmp/pwned)',
  '`id`',
  '${IFS}',
  '-rf',
  '--',
  'a\nb',
  '\n',
  'x=y',
  '~root',
  '*',
  '?[a]',
  '!x',
  '#c',
  ';',
  '&&',
  'ünï ☃ 𝄞',
  '\u00a0',
  '\t',
  '\r\n',
  '{a,b}',
];
const argument = fc.oneof(
  fc.constantFrom(...hostile),
  fc
    .string({ unit: 'binary' })
    .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text),
);

describe('shq', () => {
  it('carries any text through a real sh byte for byte', () => {
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 60 }), (words) => {
        const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(shq).join(' ')} end`]);
        expect(printed.toString().split('\0').slice(0, -2)).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });
});

describe('shellCommand', () => {
  it('runs a program whose name is a word of the shell', () => {
    expect(() => execFileSync('sh', ['-c', shellCommand(['if'])], { stdio: 'pipe' })).toThrow(/not found/);
  });
});
