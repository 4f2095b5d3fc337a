/** What brings an empty database up to date, in order. One that was released is never changed; a change is a new one at the end. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE sectors (number INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE sector_log (
    id INTEGER PRIMARY KEY,
    sector INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sector_log_by_sector ON sector_log (sector, id);
  CREATE TABLE jobs (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE storage_paths (id TEXT PRIMARY KEY, info TEXT NOT NULL, stat TEXT NOT NULL) STRICT;
  CREATE TABLE sector_files (
    path TEXT NOT NULL REFERENCES storage_paths (id) ON DELETE CASCADE,
    miner INTEGER NOT NULL,
    number INTEGER NOT NULL,
    type INTEGER NOT NULL,
    is_primary INTEGER NOT NULL,
    PRIMARY KEY (path, miner, number, type)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE durations (task TEXT PRIMARY KEY, milliseconds REAL NOT NULL) STRICT;
  `,
  `
  CREATE TABLE finished_tasks (id INTEGER PRIMARY KEY, task TEXT NOT NULL, milliseconds REAL NOT NULL) STRICT;
  CREATE INDEX finished_tasks_by_task ON finished_tasks (task, id);
  `,
];
