import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@sealctl/core/problem/problem';
import type { ApplyEvent, ApplyResult } from '../executor/events.ts';

/** The first line of a journal: the run that started. */
export interface JournalHead {
  readonly when: string;
  readonly who: string;
  readonly operation: string;
  readonly cluster: string;
  readonly hosts: readonly string[];
  /** Version of the sealctl that did it; journals of older releases lack it. */
  readonly version?: string;
}

/** One apply or drain as the operator's side wrote it down; without a result it was killed. */
export interface JournalEntry {
  readonly file: string;
  readonly head: JournalHead;
  readonly result?: ApplyResult;
}

export interface Journal {
  readonly event: (event: ApplyEvent) => void;
  readonly end: (result: ApplyResult) => void;
}

/** Where journals lie: XDG's place for state that should outlive the program. */
export function journalDirectory(env: Readonly<Record<string, string | undefined>>, cluster: string): string {
  const state = env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? homedir(), '.local/state');
  return join(state, 'sealctl', cluster.replaceAll(/[^\w.-]/g, '_'));
}

/**
 * Begins a journal. Every line is written as it happens, so that a killed apply leaves what it had done. Throws when it cannot be begun;
 * a line that cannot be written later stops nothing, as hosts are being worked on by then: `warn` is told once.
 */
export function openJournal(
  directory: string,
  head: JournalHead,
  now: () => Date,
  warn: (text: string) => void,
): Journal {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, `${head.when.replaceAll(':', '')}-${process.pid}.jsonl`);
  const write = (line: object) => appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  write({ head });
  let warned = false;
  const writeOn = (line: object): void => {
    try {
      write({ when: now().toISOString(), ...line });
    } catch (thrown) {
      if (!warned) warn(`the journal ${file} is not complete, the work goes on: ${messageOf(thrown)}`);
      warned = true;
    }
  };
  return {
    event: (event) => {
      // Progress events would be most of the file.
      if (event.event !== 'step-progress') writeOn(event);
    },
    end: (result) => writeOn({ result }),
  };
}

/** The latest entries, the newest last. */
export function readJournals(directory: string, limit: number): JournalEntry[] {
  let files: string[];
  try {
    files = readdirSync(directory).filter((file) => file.endsWith('.jsonl'));
  } catch {
    return [];
  }
  return files
    .sort()
    .slice(-limit)
    .flatMap((file) => readEntry(join(directory, file)));
}

function readEntry(file: string): JournalEntry[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => parseLine(line));
  const head = lines.map((line) => line['head']).find((value) => value !== undefined) as
    JournalHead | undefined;
  const result = lines.map((line) => line['result']).find((value) => value !== undefined) as
    ApplyResult | undefined;
  return head === undefined ? [] : [{ file, head, ...(result === undefined ? {} : { result }) }];
}

/** The last line of a killed apply may be half a line. */
function parseLine(line: string): Record<string, unknown>[] {
  try {
    const data: unknown = JSON.parse(line);
    return typeof data === 'object' && data !== null ? [data as Record<string, unknown>] : [];
  } catch {
    return [];
  }
}
