import { randomBytes } from 'node:crypto';
import type { LogEntry, Sector } from '../pipeline/sector.ts';
import type { Job } from '../sealing/job.ts';
import { atomically, type Sqlite } from './sqlite.ts';

/** The miner's store of sectors and jobs. All writes inside one `atomically` are committed together or not at all. */
export interface SealingStore {
  readonly atomically: (work: () => void) => void;
  readonly sectors: () => Sector[];
  readonly jobs: () => Job[];
  readonly saveSector: (sector: Sector) => void;
  readonly saveJob: (job: Job) => void;
  readonly dropJob: (id: string) => void;
  readonly appendLog: (sector: number, entries: readonly LogEntry[]) => void;
  /** The first lines of a sector's log, at most `limit`. */
  readonly logOf: (sector: number, limit?: number) => LogEntry[];
  /** Returns a sector number that was never used before. */
  readonly takeNumber: () => number;
  /** Returns a stored value; the first call makes it. */
  readonly fact: (name: string, make: () => string) => string;
  /** Milliseconds that tasks of a kind take, by `CODE:proof`. */
  readonly durations: () => Map<string, number>;
  readonly saveDuration: (task: string, milliseconds: number) => void;
  /** Records the duration of a successful task by `CODE:proof`. */
  readonly noteFinished: (task: string, milliseconds: number) => void;
  /** Durations of the last tasks of every kind, in milliseconds. */
  readonly finishedTimes: () => Map<string, number[]>;
}

/** Maximum number of log lines kept for each sector, as in Lotus. */
const logLimit = 8_000;

/** Finished tasks kept for each kind: few enough for the median to follow a change of hardware. */
const finishedLimit = 99;

/** Makes the store on an open database. */
export function makeSealingStore(database: Sqlite): SealingStore {
  const saveSector = database.prepare(
    'INSERT INTO sectors (number, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
  );
  const saveJob = database.prepare(
    'INSERT INTO jobs (id, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
  );
  const dropJob = database.prepare('DELETE FROM jobs WHERE id = ?');
  const append = database.prepare('INSERT INTO sector_log (sector, at, kind, message) VALUES (?, ?, ?, ?)');
  const trim = database.prepare(
    'DELETE FROM sector_log WHERE sector = ? AND id <= (SELECT id FROM sector_log WHERE sector = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
  );
  const log = database.prepare(
    'SELECT at, kind, message FROM sector_log WHERE sector = ? ORDER BY id LIMIT ?',
  );
  const readFact = database.prepare('SELECT value FROM facts WHERE name = ?');
  const writeFact = database.prepare(
    'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const bodies = (table: 'sectors' | 'jobs'): string[] =>
    (database.prepare(`SELECT body FROM ${table}`).all() as { body: string }[]).map(({ body }) => body);
  const valueOf = (name: string): string | undefined =>
    (readFact.get(name) as { value: string } | undefined)?.value;
  const saveDuration = database.prepare(
    'INSERT INTO durations (task, milliseconds) VALUES (?, ?) ON CONFLICT DO UPDATE SET milliseconds = excluded.milliseconds',
  );
  const noteFinished = database.prepare('INSERT INTO finished_tasks (task, milliseconds) VALUES (?, ?)');
  const trimFinished = database.prepare(
    'DELETE FROM finished_tasks WHERE task = ? AND id <= (SELECT id FROM finished_tasks WHERE task = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
  );
  const readFinished = database.prepare('SELECT task, milliseconds FROM finished_tasks ORDER BY id');

  return {
    atomically: (work) => atomically(database, work),
    sectors: () => bodies('sectors').map((body) => JSON.parse(body) as Sector),
    jobs: () => bodies('jobs').map((body) => JSON.parse(body) as Job),
    saveSector: (sector) => void saveSector.run(sector.number, JSON.stringify(sector)),
    saveJob: (job) => void saveJob.run(job.id, JSON.stringify(job)),
    dropJob: (id) => void dropJob.run(id),
    appendLog(sector, entries) {
      for (const { at, kind, message } of entries) append.run(sector, at, kind, message);
      if (entries.length > 0) trim.run(sector, sector, logLimit);
    },
    logOf: (sector, limit = logLimit) => log.all(sector, limit) as LogEntry[],
    takeNumber() {
      const next = Number(valueOf('next sector') ?? 0);
      writeFact.run('next sector', String(next + 1));
      return next;
    },
    fact(name, make) {
      const known = valueOf(name);
      if (known !== undefined) return known;
      const made = make();
      writeFact.run(name, made);
      return made;
    },
    durations: () =>
      new Map(
        (database.prepare('SELECT task, milliseconds FROM durations').all() as Duration[]).map((row) => [
          row.task,
          row.milliseconds,
        ]),
      ),
    saveDuration: (task, milliseconds) => void saveDuration.run(task, milliseconds),
    noteFinished: (task, milliseconds) =>
      atomically(database, () => {
        noteFinished.run(task, milliseconds);
        trimFinished.run(task, task, finishedLimit);
      }),
    finishedTimes() {
      const times = new Map<string, number[]>();
      for (const { task, milliseconds } of readFinished.all() as Duration[])
        times.set(task, [...(times.get(task) ?? []), milliseconds]);
      return times;
    },
  };
}

interface Duration {
  readonly task: string;
  readonly milliseconds: number;
}

/** 32 random bytes as text, for `fact`. */
export function newSecret(): string {
  return randomBytes(32).toString('base64');
}
