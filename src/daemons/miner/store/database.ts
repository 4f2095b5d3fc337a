import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import { migrations } from './migrations.ts';
import { atomically, openSqlite, type Sqlite } from './sqlite.ts';

/**
 * Opens a database file, brings its tables up to date, and makes every commit durable before it returns. Rejects with a problem when the
 * file cannot be used, or was written by a newer release.
 */
export function openDatabase(file: string): Sqlite {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const database = openSqlite(file);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    migrate(database, file);
    return database;
  } catch (error) {
    throw fail(
      {
        code: 'database-unusable',
        summary: `${file} cannot be used`,
        why: messageOf(error),
        fix: 'check the disk and the owner of the file; it lists every sector, so copy it before you change it',
      },
      { cause: error },
    );
  }
}

function migrate(database: Sqlite, file: string): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > migrations.length)
    throw new Error(
      `${file} has schema version ${version}; this release supports up to ${migrations.length}`,
    );
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    atomically(database, () => database.exec(`${sql}; PRAGMA user_version = ${index + 1}`));
  }
}
