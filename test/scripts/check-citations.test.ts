import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { danglingCitations } from '../../scripts/check-citations.ts';

const page = 'docs/spec/sealing.md';
/** Written so that these samples are no comments of this file. */
const mark = '//';
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sealctl-citations-'));
  write(page, '# Sealing\n\n## 4 Ids\n\n### 4.2 Of `PoRep`\n\nAs in section 4.\n\n## 12 Challenges\n');
  write('docs/adr/0003-own-kernels.md', '# Own kernels\n');
  write('src/kinds/limits.ts', 'export const limits = 1;\n');
  write('native/kernels/shape.h', '#include "kernels/gone.h"\n');
});

afterEach(() => rmSync(root, { recursive: true }));

test('a tree in which every citation exists has none that dangles', () => {
  write(
    'src/kinds/unit.ts',
    [
      `/** As ${page} sections 4.2 and 12 say, see ADR 3 and kinds/limits.ts. */`,
      `// Of ${page}`,
      '// section 4, and section 4.2. Built as dist/gone.md section 1. RFC 4253, section 6.6.',
      `export const unit = 1; ${mark} ./limits.ts and src/kinds/`,
      `/** Source: src/gone.c, gone.h; ${page} section 12. */`,
      "export const other = 'src/gone.ts';",
      '',
    ].join('\n'),
  );
  write('native/kernels/shape.cpp', `// ${page} section 4: shape.h\n\n/// Section 4.2.\n`);
  write('native/Makefile', '# Of kernels/*.h and kernels/shape.cpp.\nall: gone.cpp\n');
  write(
    'README.md',
    [
      `# Read\n\n[ids](${page}#42-of-porep), [top](#read), [again](#read-1), [home](https://host.example/gone.md),`,
      'the [kinds](src/kinds/), `ADR 0003`, `docs/adr/NNNN-title.md`, `NAME.ts`, another `src/gpu/locks.rs`.\n',
      '```sh\ncat docs/gone.md\n```\n\n# Read\n',
    ].join('\n'),
  );
  expect(danglingCitations(root)).toEqual([]);
});

describe('what dangles is told with its place:', () => {
  test.for([
    ['a section of a page', `// As ${page} section 4.3 says.\n`, [1, `section 4.3 of ${page}`]],
    ['one section of several', `// ${page} sections 4, 4.2 and 5.\n`, [1, `section 5 of ${page}`]],
    [
      'a section on the next line',
      `/**\n * See ${page}\n * section 99.\n */\n`,
      [2, `section 99 of ${page}`],
    ],
    ['a section after its page', `// ${page} section 4.\n\n// Section 4.9.\n`, [3, `section 4.9 of ${page}`]],
    [
      'a section of nothing',
      '\n// As section 7.5 says.\n',
      [2, 'section 7.5 of a page that it does not name'],
    ],
    ['a page', '// See docs/gone.md section 1.\n', [1, 'docs/gone.md']],
    ['a page after Source:', '// Source: docs/gone.md, gone.go.\n', [1, 'docs/gone.md']],
    ['a page in a text', "export const fix = 'see docs/gone.md';\n", [1, 'docs/gone.md']],
    ['a decision', '// ADR 42 has it.\n', [1, 'ADR 0042']],
    ['a file at the end of its path', '// As kinds/gone.ts has it.\n', [1, 'kinds/gone.ts']],
    ['a file from the top', `export const a = 1; ${mark} src/limits.ts\n`, [1, 'src/limits.ts']],
    ['a file beside it', '/** Not ../limits.ts. */\n', [1, '../limits.ts']],
    ['a folder', '/** All of src/gone/ and src/kinds/. */\n', [1, 'src/gone/']],
    ['a file by a pattern', '// All test/*_gone.h.\n', [1, 'test/*_gone.h']],
  ] as const)('%s, in a comment or text of a source', ([, text, [line, what]]) => {
    write('test/kept.ts', 'export const kept = 1;\n');
    write('src/kinds/unit.ts', text);
    expect(danglingCitations(root)).toEqual([
      `src/kinds/unit.ts:${line}: cites ${what}, which does not exist`,
    ]);
  });

  test.for([
    ['a link to a file', '[x](gone.md)', 'gone.md'],
    ['a link by reference', '[x]\n\n[x]: ../gone/', '../gone/'],
    ['an anchor of another page', '[x](spec/sealing.md#gone)', 'spec/sealing.md#gone'],
    ['an anchor of its own', '[x](#gone)', '#gone'],
    ['a section', `See \`${page}\` section 13.`, `section 13 of ${page}`],
    ['a decision', 'ADR 0007 says why.', 'ADR 0007'],
    ['a file in code marks', 'Read `kinds/gone.ts`.', 'kinds/gone.ts'],
  ] as const)('%s, in a page', ([, text, what]) => {
    write('docs/page.md', `# Page\n\n${text}\n`);
    const places = danglingCitations(root).map((line) => line.replace(/^(docs\/page\.md):\d+/, '$1'));
    expect(places).toEqual([`docs/page.md: cites ${what}, which does not exist`]);
  });

  test('a page after Source: in the comments of a kernel', () => {
    write('native/kernels/label.h', '// Source: docs/gone.md, gone.h.\n');
    expect(danglingCitations(root)).toEqual([
      'native/kernels/label.h:1: cites docs/gone.md, which does not exist',
    ]);
  });

  test('a file from the top, though another folder has one of this name', () => {
    write('test/kept.ts', 'export const kept = 1;\n');
    write('native/test/label.h', '#pragma once\n');
    write('src/kinds/unit.ts', '// As test/label.h has it.\n');
    expect(danglingCitations(root)).toEqual([
      'src/kinds/unit.ts:1: cites test/label.h, which does not exist',
    ]);
  });

  test('a section of the page itself', () => {
    write(page, '## 1 First\n\nSection 1, and section 2.\n');
    expect(danglingCitations(root)).toEqual([`${page}:3: cites section 2 of ${page}, which does not exist`]);
  });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
