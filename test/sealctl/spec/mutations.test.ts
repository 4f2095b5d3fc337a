import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAlias, isMap, isScalar, parseDocument, visit } from 'yaml';
import { someOf } from '../../projects/times.ts';
import { loadCluster } from '../../../src/sealctl/spec/load-cluster.ts';
import { afterBuild } from './loading.ts';

const folder = join(import.meta.dirname, '../../../examples');
const examples = readdirSync(folder).sort();

/** One change of a file, and the line in which an error must be told. */
interface Mutation {
  readonly title: string;
  readonly text: string;
  readonly line: number;
}

/** Keys whose names are the operator's own: another name is no mistake in itself. */
const namesOfOnesOwn =
  /(?:^|\.)(?:releases|taskSets|profiles|storageGroups|hosts|workers|env|limits|resources|keepServing|config)$/;

/** Every key misspelled, every key given twice, and every value replaced by one of the wrong kind. */
function mutationsOf(text: string): Mutation[] {
  const mutations: Mutation[] = [];
  const lineAt = (offset: number): number => text.slice(0, offset).split('\n').length;
  const splice = (start: number, end: number, insert: string): string =>
    text.slice(0, start) + insert + text.slice(end);
  visit(parseDocument(text), {
    Pair(_, pair, path) {
      const { key, value } = pair;
      if (!isScalar(key) || key.value === '<<' || key.range === null || key.range === undefined) return;
      const name = String(key.value);
      const above = path
        .flatMap((node) => ('key' in node && isScalar(node.key) ? [String(node.key.value)] : []))
        .join('.');
      const line = lineAt(key.range[0]);
      if (!namesOfOnesOwn.test(above)) {
        const text = splice(key.range[0], key.range[1], `${name}x`);
        mutations.push({ title: `${above}.${name} misspelled`, text, line });
      }
      if (isAlias(value) || (!isScalar(value) && !isMap(value)) || !value.range) return;
      // An anchor stands before the value and would be left without one.
      if (value.anchor !== undefined) return;
      const wrong = isMap(value) ? '[{}]' : '{no: [such, value]}';
      const [start, end] = value.range;
      if (text.slice(start, end).includes('\n')) return;
      mutations.push({
        title: `${above}.${name} of the wrong kind`,
        text: splice(start, end, wrong),
        line: lineAt(start),
      });
    },
  });
  return mutations;
}

describe('mutations of the examples', () => {
  const counts = new Map<string, number>();

  it.each(examples)('each mistake made in %s is told in its line', (name) => {
    const path = join(folder, name, 'cluster.yaml');
    const mutations = mutationsOf(afterBuild.read(path));
    counts.set(name, mutations.length);
    for (const { title, text, line } of someOf(mutations)) {
      const { spec, problems } = loadCluster(path, {
        ...afterBuild,
        read: (file) => (file === path ? text : afterBuild.read(file)),
      });
      const lines = problems
        .filter((problem) => problem.severity === 'error')
        .map(({ where }) =>
          where?.in === 'source' && where.range.file === path ? where.range.line : undefined,
        );
      expect({ title, told: lines.includes(line), spec }, `${title}: ${lines.join(', ')}`).toEqual({
        title,
        told: true,
        spec: undefined,
      });
    }
  });

  it('are many', () => {
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(250);
  });
});
