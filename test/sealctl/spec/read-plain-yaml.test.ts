import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Report } from '../../../src/sealctl/spec/report.ts';
import { Marks } from '../../../src/sealctl/spec/source/marks.ts';
import { isPlainMap, type Plain, type PlainMap } from '../../../src/sealctl/spec/source/plain.ts';
import { readFullYaml } from '../../../src/sealctl/spec/source/read-yaml.ts';
import { readPlainYaml } from '../../../src/sealctl/spec/source/read-plain-yaml.ts';
import { sourceFile } from '../../../src/sealctl/spec/source/source-file.ts';

/** The data with the place of every key, value and item, in the order of the file; empty values stand nowhere. */
function described(value: Plain, marks: Marks): unknown {
  const text = (container: object, key: string | number): string | undefined => {
    const span = marks.valueSpan(container, key);
    const inner = isPlainMap(container)
      ? container[key]
      : Array.isArray(container)
        ? (container[Number(key)] as Plain)
        : undefined;
    // A block collection may be said to end before or after the comments at its end; its start is what counts.
    return span && span.end > span.start
      ? `${span.start}${typeof inner === 'object' ? '' : `-${span.end}`}`
      : '';
  };
  if (Array.isArray(value)) return value.map((item, index) => [text(value, index), described(item, marks)]);
  if (!isPlainMap(value)) return value;
  return marks.keys(value).map((key) => {
    const entry = marks.entry(value, key);
    return [key, entry?.keyStart, entry?.keyEnd, text(value, key), described(value[key] ?? null, marks)];
  });
}

/** Reads a text both ways and compares; true when the plain reader took it. */
function agree(text: string): boolean {
  const file = sourceFile('x.yaml', text);
  const marks = new Marks();
  const plain = readPlainYaml(file, marks);
  if (plain === undefined) return false;
  const full = { marks: new Marks(), report: new Report() };
  const { data } = readFullYaml(file, full);
  expect(full.report.problems(), text).toEqual([]);
  expect(described(plain, marks), text).toEqual(described(data ?? null, full.marks));
  return true;
}

describe('the plain reader', () => {
  const examples = join(import.meta.dirname, '../../../examples');
  const texts = readdirSync(examples, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:yaml|json)$/.test(name))
    .map((name) => readFileSync(join(examples, name), 'utf8'));

  it('reads what cluster files are made of, as the full parser does', () => {
    expect(texts.length).toBeGreaterThan(7);
    expect(texts.filter(agree).length).toBeGreaterThan(6);
    const taken = [
      'a: 1',
      'a: {b: [1, two, "three", \'four\'], c: {}}\n',
      '# head\na:\n  b: x # y\n\n  c:\n    - 1\n    - k: v\n      l: w\n    - {m: n}\nd:\n- 1\n- 2\ne: 10.0.0.2:2345\n',
      'a:\n  b:\n  c: ~\nd: -1.5e3\ne: "x: y # z"\nf: a-b: c\n'.replace('a-b: c', 'a-b:c'),
      'a: {b: [\n    1, # one\n    2\n  ],\n  c: d e}\n',
      '{"a": 1, "b": [true, null], "c": {"d": "e"}}\n',
      '- 1\n- a: b\n',
      'a:\n  {\n    b: 1,\n  }\nc: [\n  1 ]\n',
      'a: http://x/y#z\nb: x#y\nc: -x\nd: .5\ne: +5\nf: 1.\n',
    ];
    for (const text of taken) expect([text, agree(text)]).toEqual([text, true]);
  });

  it('marks in a map, small or large, the keys that it has and no other', () => {
    const keys = (count: number, letter: string) =>
      Array.from({ length: count }, (_, at) => `${letter}${at}`);
    for (const [first, second] of [
      [keys(2, 'a'), keys(3, 'b')],
      [keys(20, 'a'), keys(30, 'b')],
    ] as const) {
      const marks = new Marks();
      const text = [first, second].map((map) => `- {${map.map((key) => `${key}: 1`).join(', ')}}\n`).join('');
      const maps = readPlainYaml(sourceFile('x.yaml', text), marks) as PlainMap[];
      const marked = maps.map((map) => [...first, ...second].filter((key) => marks.entry(map, key)));
      expect(marked).toEqual([first, second]);
    }
  });

  it('hands over what it does not know', () => {
    const handed = [
      '',
      'a',
      'a: &x 1',
      'a: *x',
      'a: !t x',
      'a: |\n  x',
      'a: >\n  x',
      'a: "x\\n"',
      "a: 'x''y'",
      'a: x\n  y',
      'a: "x\n  y"',
      'a: 1\na: 2',
      '<<: {}',
      '? a',
      '---\na: 1',
      'a: 1\n...',
      'a: 0x10',
      'a: .inf',
      '\ta: 1',
      'a: b: c',
      'a: {b}',
      'a: [b: c]',
      'a: {b: 1',
      'a: {b: 1\n}',
      'a:\n - 1\n  - 2',
      '__proto__: 1',
      'a : 1',
      'a: "x" y',
      'a: {"b":1}',
      '- - 1',
      'a: [1]x',
      'a: 1\r\nb: 2',
      'a:\n    b: 1\n  c: 2',
      '~: 1',
      'a: @x',
      'a:\n  x\n',
      '{a: 1}\nb: 2',
    ];
    for (const text of handed) expect([text, agree(text)]).toEqual([text, false]);
  });

  it('agrees with the full parser on whatever it takes of any heap of YAML pieces', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      'c: ',
      'd:',
      'e: 1',
      ': ',
      ':',
      '- ',
      '-',
      '\n',
      '\n  ',
      '\n    ',
      ' ',
      '  ',
      '{',
      '}',
      '[',
      ']',
      ', ',
      ',',
      '#',
      ' # x',
      '"',
      "'",
      '"q"',
      '1',
      '-1',
      '1.5',
      '~',
      'true',
      '.',
      '?',
      '---',
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        if (agree(pieces.join(''))) taken += 1;
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  it('agrees with the full parser on documents laid out in any way', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9 ./:#-]{0,8}$/);
    const scalar = fc.oneof(
      word,
      fc.integer().map(String),
      fc.constantFrom('true', 'null', '"x: y"', "'z'", '1.5', '0-31'),
    );
    const { flow } = fc.letrec<{ flow: string }>((tie) => ({
      flow: fc.oneof(
        { depthSize: 'small' },
        scalar,
        fc.array(tie('flow'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
        fc
          .array(fc.tuple(word, tie('flow')), { maxLength: 3 })
          .map((pairs) => `{${pairs.map(([key, value]) => `${key}: ${value}`).join(', ')}}`),
      ),
    }));
    const block = fc.letrec<{ lines: string[] }>((tie) => ({
      lines: fc
        .array(
          fc.oneof(
            { depthSize: 'small' },
            fc
              .tuple(word, flow, fc.constantFrom('', ' # note'))
              .map(([key, value, note]) => [`${key}: ${value}${note}`]),
            fc
              .tuple(word, tie('lines'), fc.constantFrom('  ', '    '))
              .map(([key, lines, indent]) => [`${key}:`, ...lines.map((line) => indent + line)]),
            fc
              .tuple(word, fc.array(flow, { maxLength: 3 }), fc.constantFrom('', '  '))
              .map(([key, items, indent]) => [`${key}:`, ...items.map((item) => `${indent}- ${item}`)]),
            fc
              .tuple(word, tie('lines'))
              .map(([key, lines]) => [
                `${key}:`,
                ...lines.map((line, index) => (index === 0 ? '- ' : '  ') + line),
              ]),
            fc.constant(['', '# note', '   # note']),
          ),
          { minLength: 1, maxLength: 5 },
        )
        .map((parts) => parts.flat()),
    })).lines;
    let taken = 0;
    fc.assert(
      fc.property(block, (lines) => {
        if (agree(`${lines.join('\n')}\n`)) taken += 1;
      }),
      { numRuns: 4000 },
    );
    expect(taken).toBeGreaterThan(400);
  });
});
