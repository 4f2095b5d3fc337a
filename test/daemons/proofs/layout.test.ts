import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import {
  BinaryReader,
  BinaryWriter,
  keyed,
  listOf,
  node,
  oneOf,
  phantom,
  struct,
  u32,
  u64,
  type Layout,
} from '../../../src/daemons/proofs/layout.ts';
import { parseUpdateProofs, updateProofsJson } from '../../../src/daemons/proofs/update-proofs-json.ts';

const layout: Layout = keyed(
  'Outer',
  listOf(
    struct({
      first: u32,
      second: u64,
      hashes: listOf(node),
      _h: phantom,
      tree: oneOf({ Single: struct({ leaf: node }), Top: struct({ count: u64 }) }),
    }),
  ),
);
const hash = fc.array(fc.nat(255), { minLength: 32, maxLength: 32 });
const value = fc.record({
  Outer: fc.array(
    fc.record({
      first: fc.nat(2 ** 32 - 1),
      second: fc.nat(Number.MAX_SAFE_INTEGER),
      hashes: fc.array(hash, { maxLength: 4 }),
      _h: fc.constant(null),
      tree: fc.oneof(
        fc.record({ Single: fc.record({ leaf: hash }) }),
        fc.record({ Top: fc.record({ count: fc.nat() }) }),
      ),
    }),
    { maxLength: 5 },
  ),
});

function toBinary(json: unknown): Buffer {
  const writer = new BinaryWriter();
  layout.toBinary(json, 'value', writer);
  return writer.result();
}

function toJson(binary: Uint8Array): string {
  const reader = new BinaryReader(binary, 'value');
  const parts: string[] = [];
  layout.toJson(reader, parts);
  reader.end();
  return parts.join('');
}

/** Everything that a refusal says. */
function told(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ProblemError) return JSON.stringify(error.problems);
    throw error;
  }
  return 'nothing was refused';
}

describe('a layout', () => {
  it('a layout reads the same value from JSON and from binary', () => {
    fc.assert(
      fc.property(value, (json) => {
        expect(toJson(toBinary(json))).toBe(JSON.stringify(json));
      }),
    );
  });

  it('a layout reads any bytes exactly or refuses them with a problem', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        let json = '';
        try {
          json = toJson(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProblemError);
          return;
        }
        expect(Uint8Array.from(toBinary(JSON.parse(json)))).toEqual(bytes);
      }),
    );
  });

  it('a layout keeps its bytes when it grows past its first buffer', () => {
    const hashes = Array.from({ length: 5000 }, (_, index) => Array.from({ length: 32 }, () => index % 256));
    const json = { Outer: [{ first: 1, second: 2, hashes, _h: null, tree: { Top: { count: 3 } } }] };
    expect(toJson(toBinary(json))).toBe(JSON.stringify(json));
  });

  it.each([
    [{ Outer: [{}] }, /first/],
    [{ Other: [] }, /Outer/],
    [{ Outer: {} }, /is not a list/],
    [{ Outer: [{ first: 1.5, second: 0, hashes: [], _h: null, tree: {} }] }, /first/],
    [{ Outer: [{ first: 1, second: -1, hashes: [], _h: null, tree: {} }] }, /second/],
    [{ Outer: [{ first: 1, second: 0, hashes: [[256]], _h: null, tree: {} }] }, /hashes\[0\]/],
    [{ Outer: [{ first: 1, second: 0, hashes: [], _h: 0, tree: {} }] }, /_h/],
    [{ Outer: [{ first: 1, second: 0, hashes: [], _h: null, tree: { Sub: 1 } }] }, /tree/],
    [{ Outer: [{ first: 1, second: 0, hashes: [], _h: null, tree: {}, more: 1 }] }, /Outer\[0\]/],
  ])('refuses %j and names the place', (json, place) => {
    expect(told(() => toBinary(json))).toMatch(place);
  });
});

describe('the file of update proofs', () => {
  it('the file of update proofs is a list of base64 strings and is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (proofs) => {
        const read = parseUpdateProofs(updateProofsJson(proofs));
        expect(read.map((proof) => Uint8Array.from(proof))).toEqual(proofs);
      }),
    );
  });

  it('a file of update proofs with other content is refused', () => {
    for (const text of ['', '{}', '[1]', '["a"]', '["aaaa", null]', '["a-b_"]'])
      expect(() => parseUpdateProofs(text)).toThrow(ProblemError);
  });
});
