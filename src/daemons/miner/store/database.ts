import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';
import Database from 'better-sqlite3';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import { migrations } from './migrations.ts';

export type Sqlite = Database.Database;

/**
 * Opens a database file, brings its tables up to date, and makes every commit durable before it returns. Rejects with a problem when the
 * file cannot be used, or was written by a newer release.
 */
export function openDatabase(file: string): Sqlite {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const addon = embeddedAddon();
    const database = new Database(file, addon === undefined ? {} : { nativeBinding: addon });
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    migrate(database, file);
    return database;
  } catch (error) {
    throw fail(
      {
        code: 'database-unusable',
        summary: `${file} cannot be used`,
        why: messageOf(error),
        fix: 'check the disk and who owns the file; it holds every sector, so keep a copy before you change it',
      },
      { cause: error },
    );
  }
}

/** Whether the database itself failed: a full disk, an I/O error, a file that is closed. */
export function isDatabaseError(error: unknown): boolean {
  return error instanceof Database.SqliteError;
}

function migrate(database: Sqlite, file: string): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > migrations.length)
    throw new Error(`${file} has tables of version ${version}; this release knows ${migrations.length}`);
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.exec(sql);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}

/** In a single executable the addon is an asset: it is written out, loaded and removed. Otherwise it lies in node_modules. */
function embeddedAddon(): string | undefined {
  if (!isSea()) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'seal-miner-'));
  try {
    const path = join(directory, 'better_sqlite3.node');
    writeFileSync(path, new Uint8Array(getRawAsset('better_sqlite3.node') as ArrayBuffer), { mode: 0o500 });
    // The only way to a file from inside an executable; better-sqlite3 takes the loaded addon itself, its types know only the path.
    return createRequire(path)(path) as string;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
