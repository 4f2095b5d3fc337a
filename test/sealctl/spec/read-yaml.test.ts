import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Report } from '../../../src/sealctl/spec/report.ts';
import { Marks } from '../../../src/sealctl/spec/source/marks.ts';
import { isPlainMap, type Plain, type PlainMap } from '../../../src/sealctl/spec/source/plain.ts';
import { readYaml } from '../../../src/sealctl/spec/source/read-yaml.ts';
import { sourceFile } from '../../../src/sealctl/spec/source/source-file.ts';
import { layOut, layouts } from './yaml-layout.ts';

/** What reading a text gives: its data, the places of it, and `code, line:column` of each problem. */
function read(text: string): { data: Plain | undefined; marks: Marks; problems: string[] } {
  const context = { marks: new Marks(), report: new Report() };
  const { data } = readYaml(sourceFile('x.yaml', text), context);
  const problems = context.report.problems().map(({ code, where }) => {
    const place = where?.in === 'source' ? `${where.range.line}:${where.range.column}` : 'nowhere';
    return `${code} ${place}`;
  });
  return { data, marks: context.marks, problems };
}

/** Every key, value and item with its text. */
function* places(
  value: Plain,
  marks: Marks,
): Generator<{ key?: string; keyText?: string; value: Plain; text: string | undefined }> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield { value: item, text: marks.writtenText(value, index) };
      yield* places(item, marks);
    }
  } else if (isPlainMap(value)) {
    for (const key of marks.keys(value)) {
      const entry = marks.entry(value, key);
      const inner = value[key] ?? null;
      const keyText = entry?.file.text.slice(entry.keyStart, entry.keyEnd) ?? '';
      yield { key, keyText, value: inner, text: marks.writtenText(value, key) };
      yield* places(inner, marks);
    }
  }
}

/** Each key stands where the marks say, and what stands at a scalar's place reads as the scalar. */
function expectTruePlaces(text: string, data: Plain, marks: Marks): number {
  let count = 0;
  for (const { key, keyText, value, text: written } of places(data, marks)) {
    count += 1;
    if (key !== undefined)
      expect([key, `"${key}"`, `'${key}'`].map(folded), text).toContain(folded(keyText ?? ''));
    if (typeof value === 'object' || written?.includes('\n') === true) continue;
    // In a list, for `---` alone is no text.
    expect(parse(`- ${written}`), text).toEqual([value]);
  }
  return count;
}

/** As YAML reads a key of several lines: their breaks are folded. */
function folded(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

describe('reading YAML', () => {
  it('tells where every key and value of the examples stands', () => {
    const examples = join(import.meta.dirname, '../../../examples');
    const texts = readdirSync(examples, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:yaml|json)$/.test(name))
      .map((name) => readFileSync(join(examples, name), 'utf8'));
    expect(texts.length).toBeGreaterThan(7);
    for (const text of texts) {
      const { data, marks, problems } = read(text);
      expect(problems).toEqual([]);
      expect(data).toEqual(parse(text, { merge: true }));
      expect(expectTruePlaces(text, data ?? null, marks)).toBeGreaterThan(3);
    }
  });

  it('reads documents laid out in any way, with the place of each key, value and item', () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const { text, data, spans } = layOut(layout);
        const { data: found, marks, problems } = read(text);
        expect(problems, text).toEqual([]);
        expect(found, text).toEqual(data);
        const list = [...places(found ?? null, marks)].map(({ key, keyText, text: written }) => ({
          key,
          keyText,
          written,
        }));
        expect(list.length, text).toBe(spans.length);
        for (const [index, { key, keyText, valueText }] of spans.entries()) {
          expect(list[index]?.key, text).toBe(key);
          expect(list[index]?.keyText, text).toBe(keyText);
          // A block collection may be said to end before or after the comments at its end.
          if (valueText !== undefined) expect(list[index]?.written, text).toBe(valueText);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives places only inside the file, and true ones where nothing is wrong, for any heap of YAML pieces', () => {
    // prettier-ignore
    const piece = fc.constantFrom('a', 'b', 'c: ', 'd:', 'e: 1', ': ', ':', '- ', '-', '\n', '\n  ', '\n    ', ' ', '  ', '{', '}', '[', ']', ', ', ',', '#', ' # x', '"', "'", '"q"', '1', '-1', '1.5', '~', 'true', '.', '?', '---');
    let sound = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const text = pieces.join('');
        const { data, marks, problems } = read(text);
        for (const { text: written } of places(data ?? null, marks)) expect(text).toContain(written);
        if (problems.length > 0 || typeof data !== 'object' || data === null) return;
        expectTruePlaces(text, data, marks);
        sound += 1;
      }),
      { numRuns: 2000 },
    );
    expect(sound).toBeGreaterThan(150);
  });

  it('marks in a map, small or large, the keys that it has and no other', () => {
    const keys = (count: number, letter: string) =>
      Array.from({ length: count }, (_, at) => `${letter}${at}`);
    for (const [first, second] of [
      [keys(2, 'a'), keys(3, 'b')],
      [keys(20, 'a'), keys(30, 'b')],
    ] as const) {
      const text = [first, second].map((map) => `- {${map.map((key) => `${key}: 1`).join(', ')}}\n`).join('');
      const { data, marks } = read(text);
      const maps = data as PlainMap[];
      const marked = maps.map((map) => [...first, ...second].filter((key) => marks.entry(map, key)));
      expect(marked).toEqual([first, second]);
    }
  });

  it('keeps the order of the file for keys that look like numbers', () => {
    const { data, marks } = read('b: 1\n10: 2\n2: 3\na: 4\n');
    expect(marks.keys(data as PlainMap)).toEqual(['b', '10', '2', 'a']);
  });

  it.each<[string, Plain]>([
    ['a: &x 1\nb: *x', { a: 1, b: 1 }],
    ['a: |\n  x\n  y\n', { a: 'x\ny\n' }],
    ['a: >\n  x\n  y\n', { a: 'x y\n' }],
    ['a: "x\\n"', { a: 'x\n' }],
    ["a: 'x''y'", { a: "x'y" }],
    ['a: x\n  y', { a: 'x y' }],
    ['a: "x\n  y"', { a: 'x y' }],
    ['a: {x: 1}\nb: {<<: {y: 2}, x: 3}', { a: { x: 1 }, b: { y: 2, x: 3 } }],
    ['? a\n: 1', { a: 1 }],
    ['---\na: 1\n...\n', { a: 1 }],
    ['a: 0x10', { a: 16 }],
    ['a: .inf', { a: Infinity }],
    ['a: {b}', { a: { b: null } }],
    ['a: [b: c]', { a: [{ b: 'c' }] }],
    ['a : 1', { a: 1 }],
    ['a: {"b":1}', { a: { b: 1 } }],
    ['- - 1', [[1]]],
    ['a: {b: 1\n}', { a: { b: 1 } }],
    ['a:\n - 1\n  - 2', { a: ['1 - 2'] }],
    ['a:\n  x\n', { a: 'x' }],
    [
      'a: http://x/y#z\nb: x#y\nc: -x\nd: .5\ne: +5\nf: 1.\ng: a-b:c',
      { a: 'http://x/y#z', b: 'x#y', c: '-x', d: 0.5, e: 5, f: 1, g: 'a-b:c' },
    ],
    [
      'a:\n  b:\n  c: ~\nd: -1.5e3\ne: "x: y # z"\nf: 10.0.0.2:2345\n',
      { a: { b: null, c: null }, d: -1500, e: 'x: y # z', f: '10.0.0.2:2345' },
    ],
    ['a:\n  {\n    b: 1,\n  }\nc: [\n  1 ]\n', { a: { b: 1 }, c: [1] }],
    ['a', 'a'],
  ])('reads %j', (text, data) => {
    expect(read(text)).toMatchObject({ data, problems: [] });
  });

  it.each<[string, string[]]>([
    ['a: *x', ['unknown-alias 1:4']],
    ['a: !t x', ['yaml-syntax 1:4']],
    ['a: 1\na: 2', ['duplicate-key 2:1']],
    ['\ta: 1', ['yaml-syntax 1:1']],
    ['a: b: c', ['yaml-syntax 1:4']],
    ['a: {b: 1', ['yaml-syntax 1:9']],
    ['__proto__: 1', ['yaml-key 1:1']],
    ['a: "x" y', ['yaml-syntax 1:8']],
    ['a: "x\nb: 1', ['yaml-syntax 1:4']],
    ['a: [1]x', ['yaml-syntax 1:7']],
    ['a:\n    b: 1\n  c: 2', ['yaml-syntax 3:1']],
    ['~: 1', ['yaml-key 1:1']],
    ['a: @x', ['yaml-syntax 1:4']],
    ['{a: 1}\nb: 2', ['yaml-syntax 2:1']],
  ])('tells what is wrong with %j and where', (text, expected) => {
    expect(read(text).problems).toEqual(expected);
  });
});
