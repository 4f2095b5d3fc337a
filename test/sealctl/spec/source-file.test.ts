import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOf, sourceFile } from '../../../src/sealctl/spec/source/source-file.ts';

describe('lines and columns', () => {
  it('are those one would count by hand, for any stretch of any text', () => {
    const expected = (text: string, offset: number): [line: number, column: number] => {
      const before = text.slice(0, offset).split('\n');
      return [before.length, (before.at(-1)?.length ?? 0) + 1];
    };
    const texts = fc.array(fc.constantFrom('a', 'bc', '\n', '漢', ''), { maxLength: 20 });
    fc.assert(
      fc.property(texts, fc.nat(25), fc.nat(25), (pieces, a, b) => {
        const text = pieces.join('');
        const [start, end] = [Math.min(a, b, text.length), Math.min(Math.max(a, b), text.length)];
        const { line, column, endLine, endColumn } = rangeOf(sourceFile('x', text), start, end);
        expect([line, column]).toEqual(expected(text, start));
        expect([endLine, endColumn]).toEqual(expected(text, end));
      }),
    );
  });

  it('stay within the text', () => {
    expect(rangeOf(sourceFile('x', 'ab'), 5, 1)).toEqual({
      file: 'x',
      line: 1,
      column: 3,
      endLine: 1,
      endColumn: 3,
    });
  });
});
