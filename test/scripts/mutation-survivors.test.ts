import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type MutationReport, readExcuses, verdictOf } from '../../scripts/mutation-survivors.ts';

const source = 'const a = 1;\nconst b =\n  a > 2;\n';

function reportOf(...statuses: readonly string[]): MutationReport {
  const location = { start: { line: 3, column: 3 }, end: { line: 3, column: 8 } };
  const mutants = statuses.map((status, index) => ({ status, replacement: `a >= ${index}`, location }));
  return { files: { 'src/x.ts': { source, mutants } } };
}

describe('the verdict on a mutation report', () => {
  it('counts killed and timed-out mutants as killed, and leaves out what could not run', () => {
    const { killed, counted } = verdictOf(
      reportOf('Killed', 'Timeout', 'Survived', 'NoCoverage', 'Ignored'),
      [],
    );
    expect({ killed, counted }).toEqual({ killed: 2, counted: 4 });
  });

  it('names a survivor without a reason by its file, code and replacement', () => {
    expect(verdictOf(reportOf('Survived'), []).unexplained).toEqual(['src/x.ts: a > 2 -> a >= 0']);
  });

  it('accepts a survivor that is listed, and reports a listed one that is killed', () => {
    const excuses = [
      { reason: 'both are the same', mutants: ['src/x.ts: a > 2 -> a >= 0', 'src/x.ts: a > 2 -> a >= 1'] },
    ];
    expect(verdictOf(reportOf('Survived', 'Killed'), excuses)).toMatchObject({
      unexplained: [],
      stale: ['src/x.ts: a > 2 -> a >= 1'],
    });
  });

  it('does not expect listed mutants of files that were not mutated', () => {
    const excuses = [{ reason: 'both are the same', mutants: ['src/y.ts: a -> b'] }];
    expect(verdictOf(reportOf('Killed'), excuses).stale).toEqual([]);
  });

  it('the lists of survivors can be read, and list no mutant twice', () => {
    const names = readExcuses(join(import.meta.dirname, '../mutation/survivors')).flatMap(
      ({ mutants }) => mutants,
    );
    expect(new Set(names).size).toBe(names.length);
  });
});
