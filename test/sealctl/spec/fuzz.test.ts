import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { times } from '../../projects/times.ts';
import { diskFiles, memoryFiles } from '../../../src/sealctl/spec/file-reader.ts';
import { loadCluster } from '../../../src/sealctl/spec/load-cluster.ts';

const folder = join(import.meta.dirname, '../../../examples');
const texts = readdirSync(folder)
  .sort()
  .map((name) => diskFiles.read(join(folder, name, 'cluster.yaml')));

/** Whatever is read: no exception, a spec exactly when there is no error, and every place inside its file. */
function expectSound(text: string): void {
  const { spec, problems } = loadCluster('cluster.yaml', memoryFiles({ 'cluster.yaml': text }));
  expect(spec === undefined).toBe(problems.some((problem) => problem.severity === 'error'));
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  for (const { where, summary } of problems) {
    expect(summary).not.toContain('undefined');
    if (where?.in !== 'source') continue;
    const { range } = where;
    expect(range.line).toBeGreaterThanOrEqual(1);
    expect(range.endLine).toBeLessThanOrEqual(lines.length);
    expect(range.column).toBeLessThanOrEqual((lines[range.line - 1]?.length ?? 0) + 1);
    expect(range.endLine > range.line || range.endColumn >= range.column).toBe(true);
  }
}

const yamlPieces = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  '- ',
  '\n',
  '  ',
  '&a ',
  '*a',
  '<<: ',
  '"',
  "'",
  '#',
  '|',
  '>',
  '!x ',
  '? ',
  '---\n',
  '~',
  '0',
  '\t',
  '%',
  'hosts',
  'miner',
  'version',
  'defaults',
  'workers',
  'storage',
  'tasks',
  'include',
  '__proto__',
  'constructor',
  'env',
);

describe('the loader', () => {
  it('survives any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), expectSound), { numRuns: times(500) });
  });

  it('survives nesting without end', () => {
    for (const text of [
      `a: ${'['.repeat(50_000)}`,
      `a: ${'['.repeat(5000)}${']'.repeat(5000)}`,
      Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    ]) {
      expectSound(text);
    }
  });

  it('survives aliases of aliases', () => {
    const lines = Array.from(
      { length: 60 },
      (_, index) => `h${index + 1}: &a${index + 1} [*a${index}, *a${index}]`,
    );
    expectSound(['h0: &a0 [x]', ...lines].join('\n'));
  });

  it('survives any heap of YAML pieces', () => {
    fc.assert(
      fc.property(fc.array(yamlPieces, { maxLength: 40 }), (pieces) => expectSound(pieces.join(''))),
      { numRuns: times(800) },
    );
  });

  it('survives an example with a piece cut out, doubled or put elsewhere', () => {
    const edit = fc.record({
      text: fc.constantFrom(...texts),
      from: fc.nat(4000),
      length: fc.nat(60),
      to: fc.nat(4000),
      insert: fc.oneof(yamlPieces, fc.constant('')),
    });
    fc.assert(
      fc.property(edit, ({ text, from, length, to, insert }) => {
        const piece = text.slice(from % text.length, (from % text.length) + length);
        const rest = text.replace(piece, '');
        const at = to % (rest.length + 1);
        expectSound(rest.slice(0, at) + insert + piece + rest.slice(at));
      }),
      { numRuns: times(300) },
    );
  });

  it('survives any JSON, also where maps are expected', () => {
    const part = fc.jsonValue({ maxDepth: 3 });
    const file = fc.record(
      {
        version: part,
        hosts: part,
        miner: part,
        defaults: part,
        releases: part,
        rollout: part,
        profiles: part,
        storageGroups: part,
        taskSets: part,
        include: part,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(file, (data) => expectSound(JSON.stringify(data))),
      { numRuns: times(300) },
    );
  });

  it('survives hosts and layers of any JSON', () => {
    const keys = [
      'tasks',
      'limits',
      'resources',
      'env',
      'gpus',
      'cpus',
      'memory',
      'listen',
      'storage',
      'workers',
      'ssh',
      'ulimits',
      'profile',
      'args',
      'label',
    ];
    const host = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'm'), host), host, (hosts, defaults) => {
        expectSound(
          JSON.stringify({
            version: 1,
            cluster: 'c',
            actor: 'f01000',
            sectorSize: '32GiB',
            miner: { host: 'm', listen: '10.0.0.1:1' },
            defaults,
            hosts,
          }),
        );
      }),
      { numRuns: times(300) },
    );
  });
});
