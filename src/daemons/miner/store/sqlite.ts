import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3';

/** A database connection: the interface that Node's own SQLite and better-sqlite3 have in common. */
export interface Sqlite {
  readonly prepare: (sql: string) => Statement;
  /** Runs SQL without parameters and discards its rows. */
  readonly exec: (sql: string) => void;
  readonly close: () => void;
  readonly isTransaction: () => boolean;
}

/** A prepared statement; parameters are bound by position, rows are objects by column. */
export interface Statement {
  readonly run: (...parameters: (string | number)[]) => unknown;
  /** The first row, or undefined. */
  readonly get: (...parameters: (string | number)[]) => unknown;
  readonly all: (...parameters: (string | number)[]) => unknown[];
}

/** The part of `node:sqlite` that is used; its types come with those of Node 22. */
interface NodeSqlite {
  readonly DatabaseSync: new (
    file: string,
    options: { readonly timeout: number },
  ) => Omit<Sqlite, 'isTransaction'> & { readonly isTransaction: boolean };
}

/** Time that a statement waits for a lock of another process. */
const busyMs = 5_000;

/** Node includes SQLite since 22.5, without an experimental warning since 24. */
const firstNodeWithSqlite = 24;

/**
 * Opens a connection. Uses Node's own SQLite where it is stable, so that a single executable needs no addon; otherwise better-sqlite3,
 * which must be compiled for each major version of Node.
 */
export function openSqlite(file: string): Sqlite {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= firstNodeWithSqlite ? openWithNode(file) : openWithAddon(file);
}

function openWithNode(file: string): Sqlite {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as unknown as NodeSqlite;
  const database = new DatabaseSync(file, { timeout: busyMs });
  return {
    prepare: (sql) => database.prepare(sql),
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    isTransaction: () => database.isTransaction,
  };
}

function openWithAddon(file: string): Sqlite {
  // Not an import: the package is optional on a Node with its own SQLite.
  const Database = createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite;
  const database = new Database(file, { timeout: busyMs });
  return {
    prepare: (sql) => database.prepare<(string | number)[]>(sql),
    exec: (sql) => void database.exec(sql),
    close: () => void database.close(),
    isTransaction: () => database.inTransaction,
  };
}

/** Runs work as one transaction. A nested call is part of the outer transaction. */
export function atomically(database: Sqlite, work: () => void): void {
  if (database.isTransaction()) {
    work();
    return;
  }
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    // SQLite has already rolled back after a full disk or an I/O error.
    if (database.isTransaction()) database.exec('ROLLBACK');
    throw error;
  }
}

/** Whether the database itself failed, for example because of a full disk or an I/O error. */
export function isDatabaseError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(ERR_SQLITE_ERROR$|SQLITE_)/.test(code);
}
