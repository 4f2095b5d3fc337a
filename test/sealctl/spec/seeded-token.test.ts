import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { times } from '../../projects/times.ts';
import { diskFiles, memoryFiles } from '../../../src/sealctl/spec/file-reader.ts';
import { loadCluster } from '../../../src/sealctl/spec/load-cluster.ts';
import { renderProblems } from '../../../src/sealctl/ui/diagnostics.ts';

const folder = join(import.meta.dirname, '../../../examples');
const texts = readdirSync(folder)
  .sort()
  .map((name) => diskFiles.read(join(folder, name, 'cluster.yaml')));
const signature = 'c2lnbmF0dXJlLW9mLWEtdG9rZW4';
const token = `eyJhbGciOiJIUzI1NiJ9.eyJBbGxvdyI6WyJhZG1pbiJdfQ.${signature}`;

describe('a token seeded anywhere in a cluster file', () => {
  it('is an error at its place, and in no text that is shown', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.nat(5000),
        fc.constantFrom(['', ''], [' ', ' '], ['"', '"'], ['\n', '\n'], ['token: ', '\n'], ['x: {y: [', '']),
        fc.integer({ min: 20, max: 140 }),
        (text, offset, [before = '', after = ''], width) => {
          const at = offset % text.length;
          const seeded = text.slice(0, at) + before + token + after + text.slice(at);
          const files = memoryFiles({ 'cluster.yaml': seeded });
          const { spec, problems } = loadCluster('cluster.yaml', files);
          expect(spec).toBeUndefined();
          const line = seeded.slice(0, at + before.length).split('\n').length;
          expect(problems).toContainEqual(
            expect.objectContaining({
              code: 'literal-secret',
              where: expect.objectContaining({ in: 'source', range: expect.objectContaining({ line }) }),
            }),
          );
          expect(JSON.stringify(problems)).not.toContain(signature.slice(4, 16));
          expect(renderProblems(problems, { color: false, width, files })).not.toContain(
            signature.slice(4, 16),
          );
        },
      ),
      { numRuns: times(250) },
    );
  });
});
