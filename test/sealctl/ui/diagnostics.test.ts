import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../src/core/problem/problem.ts';
import { loadCluster } from '../../../src/sealctl/spec/load-cluster.ts';
import { memoryFiles } from '../../../src/sealctl/spec/file-reader.ts';
import { countOf, renderProblems } from '../../../src/sealctl/ui/diagnostics.ts';

const file = `version: 1
hosts:
  worker-1: {adress: 10.0.0.11, tasks: [PC1], env: {API_TOKEN: hunter2}, note: hunter2}
\tgpu-é漢: {x: 1}
`;
const files = memoryFiles({ 'cluster.yaml': file });

function problemAt(line: number, column: number, endColumn: number, more: Partial<Problem> = {}): Problem {
  return {
    code: 'unknown-key',
    severity: 'error',
    summary: '"hosts.worker-1" has no key "adress"',
    where: { in: 'source', range: { file: 'cluster.yaml', line, column, endLine: line, endColumn } },
    ...more,
  };
}

function rendered(problems: readonly Problem[], width = 72, color = false): string {
  return `\n${renderProblems(problems, { color, width, files })}`;
}

describe('problems as text', () => {
  it('say what, where with the place underlined, why, and what to do', () => {
    const why =
      'a key that is not known would be ignored, so it is refused and told at once to whoever wrote it';
    expect(rendered([problemAt(3, 14, 20, { why, fix: 'did you mean "address"?' })])).toBe(`
error[unknown-key]: "hosts.worker-1" has no key "adress"
 --> cluster.yaml:3:14
  |
3 |   worker-1: {adress: 10.0.0.11, tasks: [PC1], env: {API_TOKEN: ****…
  |              ^^^^^^
  = why: a key that is not known would be ignored, so it is refused and
         told at once to whoever wrote it
  = fix: did you mean "address"?

1 error
`);
  });

  it('wrap to the width and cut long lines around the place', () => {
    expect(
      rendered(
        [problemAt(3, 41, 44, { severity: 'warning', summary: 'a long summary about one short task' })],
        44,
      ),
    ).toBe(
      `
warning[unknown-key]: a long summary about
                      one short task
 --> cluster.yaml:3:41
  |
3 | …ess: 10.0.0.11, tasks: [PC1], env: {AP…
  |                          ^^^
1 warning
`.replace('^^^\n1', '^^^\n\n1'),
    );
  });

  it('mask what a problem calls a written-out secret, in the snippets of all problems', () => {
    const secret = problemAt(3, 80, 87, { code: 'literal-secret', summary: 'the note is written out here' });
    const text = rendered([problemAt(3, 14, 20), secret], 120);
    expect(text).not.toContain('hunter2');
    expect(text).toContain('API_TOKEN: ********}, note: ********}');
  });

  it('mask tokens in every text of a problem', () => {
    const token = `eyJhbGciOiJIUzI1NiJ9.eyJBbGxvdyI6WyJhZG1pbiJdfQ.${'c2lnbmF0dXJl'.repeat(3)}`;
    const text = rendered([
      { code: 'x', severity: 'error', summary: token, why: token, fix: `use ${token}` },
    ]);
    expect(text).not.toContain('c2lnbmF0dXJl');
    expect(text.match(/\*{8}/g)).toHaveLength(3);
  });

  it('mask tokens in a line that another problem is about', () => {
    const text = 'a: 1 # eyJhbGciOiJIUzI1NiJ9.eyJBbGxvdyI6WyJhZG1pbiJdfQ.c2lnbmF0dXJl';
    const where = {
      in: 'source',
      range: { file: 'x', line: 1, column: 1, endLine: 1, endColumn: 2 },
    } as const;
    const view = { color: false, width: 100, files: memoryFiles({ x: text }) };
    expect(renderProblems([problemAt(1, 1, 2, { where })], view)).toContain('\n1 | a: 1 # ********\n');
  });

  it('line the underline up under wide characters and tabs', () => {
    expect(rendered([problemAt(4, 10, 11)])).toContain(`
4 |   gpu-é漢: {x: 1}
  |            ^
`);
  });

  it('underline the first line of a place that goes on', () => {
    const where = {
      in: 'source',
      range: { file: 'cluster.yaml', line: 1, column: 10, endLine: 3, endColumn: 4 },
    } as const;
    expect(rendered([problemAt(1, 1, 1, { where })])).toContain(`
1 | version: 1
  |          ^
`);
  });

  it('name hosts, paths and arguments, and files that cannot be read', () => {
    const places = [
      { in: 'host', host: 'w' },
      { in: 'host', host: 'w', path: '/mnt/a' },
      { in: 'command line', argument: '--host' },
      { in: 'source', range: { file: 'gone.yaml', line: 7, column: 2, endLine: 7, endColumn: 3 } },
    ] as const;
    const text = rendered(places.map((where) => problemAt(1, 1, 1, { where })));
    expect(text.split('\n').filter((line) => line.includes('-->'))).toEqual([
      '  --> host w',
      '  --> host w, /mnt/a',
      '  --> argument --host',
      ' --> gone.yaml:7:2',
    ]);
  });

  it('are colored where asked', () => {
    const text = rendered([problemAt(3, 14, 20)], 72, true);
    expect(text).toContain('\u001B[31m^^^^^^\u001B[39m');
    expect(rendered([problemAt(3, 14, 20)])).not.toContain('\u001B');
  });

  it('are nothing where there is none, and counted by severity', () => {
    expect(renderProblems([], { color: false, width: 80, files })).toBe('');
    const warning = problemAt(1, 1, 1, { severity: 'warning' });
    expect(countOf([problemAt(1, 1, 1), warning, warning])).toBe('1 error, 2 warnings');
  });

  it('show no secret of a file, however broken', () => {
    const texts = [
      'miner: {token: hunter2',
      'token: "hunter2"\nx: [',
      'env: {MINER_API_INFO: hunter2:/ip4/1.1.1.1/tcp/1/http, A: {}}',
      'miner:\n  token: hunter2\n  tokn: 1\n',
    ];
    for (const text of texts) {
      const reader = memoryFiles({ 'cluster.yaml': text });
      const { problems } = loadCluster('cluster.yaml', reader);
      expect(problems.length).toBeGreaterThan(0);
      expect(renderProblems(problems, { color: false, width: 100, files: reader })).not.toContain('hunter2');
    }
  });
});
