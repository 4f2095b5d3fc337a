import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openDatabase } from '../../../../src/daemons/miner/store/database.ts';
import { migrations } from '../../../../src/daemons/miner/store/migrations.ts';
import { makeSealingStore } from '../../../../src/daemons/miner/store/sealing-store.ts';
import { openSqlite } from '../../../../src/daemons/miner/store/sqlite.ts';

const directory = mkdtempSync(join(tmpdir(), 'migrations-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Tables of the version whose sectors and jobs had other names. */
const before = 2;

it('a store of version 2 keeps its sectors and jobs under the present names', () => {
  const file = join(directory, 'sealing.sqlite');
  const old = openSqlite(file);
  for (const sql of migrations.slice(0, before)) old.exec(sql);
  old.exec(`PRAGMA user_version = ${before}`);
  const sickWorker = { step: 'PC1', worker: 'http://w', times: 1, until: 5 };
  const sectors = [
    { number: 0, state: 'PreCommit1', hiccups: 3, sickWorker },
    { number: 1, state: 'Proving', hiccups: 0, errand: { kind: 'unseal', done: ['UNS'] } },
  ];
  for (const sector of sectors)
    old
      .prepare('INSERT INTO sectors (number, body) VALUES (?, ?)')
      .run(sector.number, JSON.stringify(sector));
  const rooms = [{ path: 'p', bytes: 7 }];
  const work = { task: 'PC1', method: 'SealPreCommit1', need: { kind: 'room', files: 6, use: 'sealing' } };
  const jobs = [
    { id: 'a', work, shun: { url: 'http://w', until: 5 }, place: { stage: 'task', rooms } },
    {
      id: 'b',
      work: { ...work, need: { kind: 'anywhere' } },
      lost: { stage: 'fetch', rooms },
      givenUp: ['c'],
    },
  ];
  for (const job of jobs)
    old.prepare('INSERT INTO jobs (id, body) VALUES (?, ?)').run(job.id, JSON.stringify(job));
  old.close();

  const database = openDatabase(file);
  const store = makeSealingStore(database);
  expect(store.sectors()).toEqual([
    { number: 0, state: 'PreCommit1', infraFailures: 3, avoidedWorker: sickWorker },
    { number: 1, state: 'Proving', infraFailures: 0, sideTask: { kind: 'unseal', done: ['UNS'] } },
  ]);
  expect(store.jobs()).toEqual([
    {
      id: 'a',
      spec: { ...work, need: { ...work.need, kind: 'allocate' } },
      preferAvoid: { url: 'http://w', until: 5 },
      place: { stage: 'task', reservations: rooms },
    },
    {
      id: 'b',
      spec: { ...work, need: { kind: 'anywhere' } },
      lost: { stage: 'fetch', reservations: rooms },
      givenUp: ['c'],
    },
  ]);
  database.close();
});
