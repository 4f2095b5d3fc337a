import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../../../../src/daemons/miner/store/database.ts';
import { isDatabaseError } from '../../../../src/daemons/miner/store/sqlite.ts';
import { checkDatabase } from './sqlite-contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('the database of this Node keeps what the miner relies on', () => {
  checkDatabase(join(directory, 'db'));
  checkDatabase(join(directory, 'db'));
});

test('a database of a newer release is left alone and named', () => {
  const file = join(directory, 'newer');
  const database = openDatabase(file);
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => openDatabase(file)).toThrow(
    expect.objectContaining({ message: expect.stringContaining('cannot be used') }),
  );
});

test('an ordinary error is no failure of the database', () => {
  expect(isDatabaseError(new Error('SQLITE_FULL'))).toBe(false);
});
