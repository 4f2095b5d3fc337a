import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatManifestEntry, parseManifest } from '../../../src/sealctl/host/manifest.ts';

const text = fc
  .string({ unit: 'binary', minLength: 1 })
  .filter((it) => !it.includes('\0') && Buffer.from(it).toString() === it);

describe('a manifest', () => {
  it('gives back every entry, whatever its texts hold', () => {
    const entry = fc.record(
      {
        id: text,
        kind: text,
        path: text,
        sha256: fc.constantFrom('-', 'a'.repeat(64)),
        pendingSha256: fc.constant('b'.repeat(64)),
        note: text,
      },
      { requiredKeys: ['id', 'kind', 'path', 'sha256'] },
    );
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ({ id }) => id }), (entries) => {
        expect(parseManifest(entries.map(formatManifestEntry).join('\n'))).toEqual(entries);
      }),
    );
  });

  it('is read as far as it can be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (garbage) => {
        const good = { id: 'a', kind: 'unit', path: '/x', sha256: '-' };
        expect(parseManifest(`${garbage}\n${formatManifestEntry(good)}\n`)).toContainEqual(good);
      }),
    );
  });
});
