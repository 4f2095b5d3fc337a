import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { journalDirectory, openJournal, readJournals } from '../../../src/sealctl/apply/journal/journal.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const head = {
  when: '2026-01-01T00:00:00Z',
  who: 'ops',
  operation: 'apply',
  cluster: 'c',
  hosts: ['a'],
  version: '1.2.3',
};
const result = { done: ['a'], failed: [], notStarted: [], interrupted: [] };
const today = () => new Date(0);

test('journals of a cluster lie where programs keep their state, in a directory that is named after the cluster', () => {
  const env = { XDG_STATE_HOME: '/state', HOME: '/home/ana' };
  expect(journalDirectory(env, 'lab')).toBe('/state/sealctl/lab');
  expect(journalDirectory({ HOME: '/home/ana' }, 'lab')).toBe('/home/ana/.local/state/sealctl/lab');
  expect(journalDirectory({}, 'lab')).toBe(join(homedir(), '.local/state/sealctl/lab'));
  expect(journalDirectory(env, '../My lab-1.b_2/é')).toBe('/state/sealctl/.._My_lab-1.b_2__');
});

test('a journal is one file for its account alone, with a line for all that happens but progress', () => {
  const below = join(directory, 'sealctl/lab');
  const journal = openJournal(below, head, today, expect.unreachable);
  const started = { event: 'host-started', host: 'a', steps: 1 } as const;
  journal.event(started);
  journal.event({ event: 'step-progress', host: 'a', index: 0, text: '50 %' });
  journal.end(result);
  const name = `2026-01-01T000000Z-${process.pid}.jsonl`;
  expect(readdirSync(below)).toEqual([name]);
  const file = join(below, name);
  const when = '1970-01-01T00:00:00.000Z';
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { head },
    { when, ...started },
    { when, result },
  ]);
  expect(statSync(below).mode & 0o777).toBe(0o700);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

describe('reading journals', () => {
  const written = (name: string, ...lines: string[]) => {
    writeFileSync(join(directory, name), lines.join('\n'));
    return join(directory, name);
  };

  test('finds none where no apply has begun one', () => {
    expect(readJournals(join(directory, 'absent'), 5)).toEqual([]);
  });

  test('gives the latest ones, the newest last, and leaves other files alone', () => {
    const third = written('c.jsonl', JSON.stringify({ head }), JSON.stringify({ result }));
    written('a.jsonl', JSON.stringify({ head }));
    const second = written('b.jsonl', JSON.stringify({ head }));
    written('d.txt', JSON.stringify({ head }));
    expect(readJournals(directory, 2)).toEqual([
      { file: second, head },
      { file: third, head, result },
    ]);
  });

  test('gives what a killed apply has left, and passes over lines that are none', () => {
    const file = written('a.jsonl', 'null', '5', '"head"', JSON.stringify({ head }), '{"resu');
    written('b.jsonl', '{"hea');
    const [entry, ...others] = readJournals(directory, 5);
    expect(entry).toStrictEqual({ file, head });
    expect(others).toEqual([]);
  });
});

test('a journal keeps what was begun and how it ended', () => {
  const journal = openJournal(directory, head, today, expect.unreachable);
  journal.event({ event: 'host-started', host: 'a', steps: 1 });
  journal.end(result);
  expect(readJournals(directory, 1)).toMatchObject([{ head, result }]);
});

test('a disk that fills up while hosts are worked on is told once and stops nothing', () => {
  const warnings: string[] = [];
  const journal = openJournal(directory, head, today, (text) => warnings.push(text));
  for (const file of readdirSync(directory)) {
    rmSync(join(directory, file));
    symlinkSync('/dev/full', join(directory, file));
  }
  journal.event({ event: 'host-started', host: 'a', steps: 1 });
  journal.event({ event: 'host-done', host: 'a', tookMs: 1 });
  journal.end(result);
  expect(warnings).toEqual([expect.stringMatching(/journal .* is not complete, the work goes on: ENOSPC/)]);
});
