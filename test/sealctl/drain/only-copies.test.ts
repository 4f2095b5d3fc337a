import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { onlyCopies, type SectorsByPath } from '../../../src/sealctl/drain/only-copies.ts';

const at = (Number: number, SectorFileType: number) => ({ Miner: 1000, Number, SectorFileType });

describe('files that only one host has', () => {
  it('are those of which no other path has a copy, type by type', () => {
    const index = {
      here: [at(1, 2 | 4), at(2, 2)],
      alsoHere: [at(1, 1)],
      there: [at(1, 4), at(3, 2)],
      empty: null,
    };
    expect(onlyCopies(index, new Set(['here', 'alsoHere']))).toEqual([
      { sector: { Miner: 1000, Number: 1 }, files: 1 | 2, paths: ['here', 'alsoHere'] },
      { sector: { Miner: 1000, Number: 2 }, files: 2, paths: ['here'] },
    ]);
  });

  it('are listed by actor and number of their sector', () => {
    const of = (Miner: number, Number: number) => ({ Miner, Number, SectorFileType: 2 });
    const index = { here: [of(1001, 3), of(1000, 10), of(1000, 9), of(1001, 2), of(1000, 11)] };
    expect(onlyCopies(index, new Set(['here'])).map(({ sector }) => [sector.Miner, sector.Number])).toEqual([
      [1000, 9],
      [1000, 10],
      [1000, 11],
      [1001, 2],
      [1001, 3],
    ]);
  });

  const declaration = fc.record({
    Miner: fc.constantFrom(1000, 1001),
    Number: fc.nat(3),
    SectorFileType: fc.integer({ min: 1, max: 63 }),
  });
  const index: fc.Arbitrary<SectorsByPath> = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.array(declaration, { maxLength: 6 }),
  );
  const own = fc.subarray(['a', 'b', 'c', 'd']).map((ids) => new Set(ids));

  it('are exactly the bits that own paths have and others have not, for any index', () => {
    fc.assert(
      fc.property(index, own, (held, ids) => {
        const found = onlyCopies(held, ids);
        for (const Miner of [1000, 1001])
          for (const Number of [0, 1, 2, 3]) {
            const bits = (mine: boolean) =>
              Object.entries(held)
                .filter(([id]) => ids.has(id) === mine)
                .flatMap(([, list]) => list ?? [])
                .filter((each) => each.Miner === Miner && each.Number === Number)
                .reduce((mask, each) => mask | each.SectorFileType, 0);
            const copy = found.find(({ sector }) => sector.Miner === Miner && sector.Number === Number);
            expect(copy?.files ?? 0).toBe(bits(true) & ~bits(false));
          }
      }),
    );
  });
});
