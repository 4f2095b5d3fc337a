import * as fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { times } from '../../projects/times.ts';
import { clusterSpec, hostSpec, minerSpec, storageSpec } from '../model/spec.ts';
import { fleetOf, found, oneWorker, planned, steps, textOf } from './planned.ts';

/** A text with pieces cut out of it and others put in, so that much of it still is what it was; or any text at all. */
function strangeTextLike(text: string): fc.Arbitrary<string> {
  const place = fc.nat({ max: text.length });
  const odd = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '=',
    '\n',
    '\0',
    '\u{feff}',
    'null',
    '-1',
    '1e999',
    '"""',
    '#',
  );
  const cut = fc.record({
    from: place,
    length: fc.nat({ max: 20 }),
    put: fc.oneof(odd, fc.string({ maxLength: 6 })),
  });
  const mutated = fc
    .array(cut, { minLength: 1, maxLength: 3 })
    .map((cuts) =>
      cuts.reduce((was, { from, length, put }) => was.slice(0, from) + put + was.slice(from + length), text),
    );
  return fc.oneof({ weight: 5, arbitrary: mutated }, fc.string({ maxLength: 60 }));
}

describe('whatever somebody wrote into', () => {
  it('sectorstore.json, it is fixed or refused and left as it is, and its ID is never another', async () => {
    const file = '/mnt/seal/sectorstore.json';
    const wanted = oneWorker({ storage: [storageSpec('/mnt/seal', { groups: ['a'], allowTo: ['b'] })] });
    const fleet = await fleetOf(wanted);
    const ours = textOf(fleet, file);
    const id = idOf(ours);
    await fc.assert(
      fc.asyncProperty(strangeTextLike(ours), async (text) => {
        fleet.host('worker-1').edit(file, text);
        const plan = fleet.plan(wanted);
        if (found(plan).some((finding) => finding.startsWith('error'))) {
          expect(steps(plan).join()).not.toContain(file);
          expect(textOf(fleet, file)).toBe(text);
        } else {
          await fleet.apply(plan);
          expect(idOf(textOf(fleet, file))).toBe(id);
          expect(planned(fleet.plan(wanted))).toEqual([]);
        }
        fleet.host('worker-1').edit(file, ours);
      }),
      { numRuns: times(150) },
    );
  });

  it('the miner’s config.toml, it is merged or refused and left as it is, and always one that can be read', async () => {
    const file = '/var/lib/sealctl/repos/miner/config.toml';
    const wanted = clusterSpec([hostSpec('miner-1', [])], { miner: minerSpec('miner-1', {}) });
    const fleet = await fleetOf(wanted);
    const ours = `${textOf(fleet, file, 'miner-1')}\n[Fees]\n  PerSector = "0.02 FIL" # ours\n`;
    await fc.assert(
      fc.asyncProperty(strangeTextLike(ours), async (text) => {
        fleet.host('miner-1').edit(file, text);
        const plan = fleet.plan(wanted);
        if (found(plan).some((finding) => finding.startsWith('error'))) {
          expect(steps(plan, 'miner-1').join()).not.toContain(file);
          expect(textOf(fleet, file, 'miner-1')).toBe(text);
        } else {
          await fleet.apply(plan);
          const after = parse(textOf(fleet, file, 'miner-1'));
          expect(after).toMatchObject({ API: { ListenAddress: '/ip4/10.0.0.2/tcp/2345/http' } });
          const { API: _api, Storage: _storage, ...others } = parse(text);
          expect(after).toMatchObject(others);
          expect(planned(fleet.plan(wanted))).toEqual([]);
        }
      }),
      { numRuns: times(150) },
    );
  });
});

function idOf(text: string): unknown {
  return (JSON.parse(text) as { ID: unknown }).ID;
}
