import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openJournal, readJournals } from '../../../src/sealctl/apply/journal/journal.ts';

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
