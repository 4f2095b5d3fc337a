import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastLines } from '../../../src/core/secret/last-lines.ts';
import { Redactor } from '../../../src/core/secret/redact.ts';

const lines = fc.array(fc.stringMatching(/^[a-z ]{0,40}$/), { maxLength: 20 });
const max = fc.record({
  lines: fc.integer({ min: 1, max: 10 }),
  characters: fc.integer({ min: 0, max: 200 }),
});

describe('the last lines of a text', () => {
  it('are the end of it, without the blank lines after it', () => {
    expect(lastLines('one\ntwo\nthree\n\n', { lines: 2, characters: 100 })).toEqual(['two', 'three']);
    expect(lastLines('one\ntwo\nthree', { lines: 9, characters: 10 })).toEqual(['two', 'three']);
    expect(lastLines('', { lines: 3, characters: 10 })).toEqual(['']);
    expect(lastLines('one\nfar too long', { lines: 3, characters: 10 })).toEqual([
      'a line of 12 characters, which is left out',
    ]);
  });

  it('may fill the limit of characters, each line with its line break, and not pass it', () => {
    const text = 'one\ntwo\nthree';
    const kept = [14, 13, 10, 9, 6, 5].map((characters) => lastLines(text, { lines: 9, characters }));
    expect(kept).toEqual([
      ['one', 'two', 'three'],
      ['two', 'three'],
      ['two', 'three'],
      ['three'],
      ['three'],
      ['a line of 5 characters, which is left out'],
    ]);
  });

  it('have no part of a secret once they are masked, wherever it stands', () => {
    const secret = 'S3CRET-S3CRET-S3CRET';
    fc.assert(
      fc.property(
        lines,
        lines,
        fc.string({ unit: 'grapheme-ascii' }),
        max,
        (before, after, beside, limit) => {
          const text = [...before, `${beside.replaceAll('S', '')}${secret}`, ...after].join('\n');
          const told = new Redactor([secret]).text(lastLines(text, limit).join('\n'));
          expect(told).not.toContain('S');
        },
      ),
    );
  });
});
