import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { outlined, outlineOf } from '../../../src/daemons/proofs/json-outline.ts';

/** Puts the objects back in their places. */
function whole(outline: unknown, objects: readonly Buffer[]): unknown {
  return JSON.parse(JSON.stringify(outline), (_, value: unknown) => {
    const place = (value as Record<string, number> | null)?.[outlined];
    return place === undefined ? value : (JSON.parse(objects[place]?.toString() ?? '') as unknown);
  });
}

test('an outline and the objects left out of it are the whole text, at any depth and spacing', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(6), fc.nat(2), (value, depth, spaces) => {
      const text = JSON.stringify(value, null, spaces);
      const { outline, objects } = outlineOf(Buffer.from(text), depth);
      expect(whole(JSON.parse(outline), objects)).toEqual(JSON.parse(text));
    }),
    { numRuns: 1000 },
  );
});

test('brackets and quotes in strings open and close nothing', () => {
  const text = '[{"a\\"]}":"}{"},{"b":[]}]';
  const { outline, objects } = outlineOf(Buffer.from(text), 1);
  expect(outline).toBe('[{"outlined":0},{"outlined":1}]');
  expect(objects.map(String)).toEqual(['{"a\\"]}":"}{"}', '{"b":[]}']);
});

test('what ends too early keeps what it has', () => {
  const { outline, objects } = outlineOf(Buffer.from('[{"a":[{"b'), 1);
  expect(outline).toBe('[{"a":[{"b');
  expect(objects).toEqual([]);
});
