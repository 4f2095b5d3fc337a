import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeColumn } from '../../../src/sealctl/host/manifest.ts';

const text = fc
  .string({ unit: 'binary', minLength: 1 })
  .filter((it) => !it.includes('\0') && Buffer.from(it).toString() === it);

describe('a manifest', () => {
  it('has columns that a real shell reads back with printf %b', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 30 }), (texts) => {
        const columns = texts.map(escapeColumn);
        expect(columns.filter((column) => /\s/.test(column))).toEqual([]);
        const printed = execFileSync('sh', ['-c', 'for c do printf "%b\\0" "$c"; done', 'sh', ...columns]);
        expect(printed.toString().split('\0').slice(0, -1)).toEqual(texts);
      }),
      { numRuns: 40 },
    );
  });
});
