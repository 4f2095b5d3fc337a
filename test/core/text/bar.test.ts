import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar } from '../../../src/core/text/bar.ts';

describe('a bar', () => {
  it.each([
    [0, 8, '[    ]'],
    [1, 100, '[|   ]'],
    [4, 8, '[||  ]'],
    [9, 8, '[||||]'],
    [1, 0, '[    ]'],
  ])('of %i in %i is %s', (part, total, text) => {
    expect(bar(part, total, 4)).toBe(text);
  });

  it('has always the same width, and is empty only for nothing', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 60 }), (part, total, columns) => {
        const text = bar(part, total, columns);
        expect(text).toHaveLength(columns + 2);
        expect(text.includes('|')).toBe(part > 0 && total > 0);
      }),
    );
  });
});
