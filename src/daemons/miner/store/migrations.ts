/** The migrations from an empty database, in order. A released migration never changes; a change is a new migration at the end. */
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
  `
  UPDATE sectors SET body = json_remove(json_set(body, '$.infraFailures', json_extract(body, '$.hiccups')), '$.hiccups')
    WHERE json_type(body, '$.hiccups') IS NOT NULL;
  UPDATE sectors SET body = json_remove(json_set(body, '$.sideTask', json(json_extract(body, '$.errand'))), '$.errand')
    WHERE json_type(body, '$.errand') IS NOT NULL;
  UPDATE sectors SET body = json_remove(json_set(body, '$.avoidedWorker', json(json_extract(body, '$.sickWorker'))), '$.sickWorker')
    WHERE json_type(body, '$.sickWorker') IS NOT NULL;
  UPDATE jobs SET body = json_remove(json_set(body, '$.spec', json(json_extract(body, '$.work'))), '$.work')
    WHERE json_type(body, '$.work') IS NOT NULL;
  UPDATE jobs SET body = json_set(body, '$.spec.need.kind', 'allocate') WHERE json_extract(body, '$.spec.need.kind') = 'room';
  UPDATE jobs SET body = json_remove(json_set(body, '$.preferAvoid', json(json_extract(body, '$.shun'))), '$.shun')
    WHERE json_type(body, '$.shun') IS NOT NULL;
  UPDATE jobs SET body = json_remove(json_set(body, '$.place.reservations', json(json_extract(body, '$.place.rooms'))), '$.place.rooms')
    WHERE json_type(body, '$.place.rooms') IS NOT NULL;
  UPDATE jobs SET body = json_remove(json_set(body, '$.lost.reservations', json(json_extract(body, '$.lost.rooms'))), '$.lost.rooms')
    WHERE json_type(body, '$.lost.rooms') IS NOT NULL;
  `,
];
