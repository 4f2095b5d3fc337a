import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localChain } from '../../../../src/daemons/miner/pipeline/chain.ts';
import { makeSectorSteps, type SectorSteps } from '../../../../src/daemons/miner/sealing/sector-steps.ts';
import { openJobStore, type JobStore } from '../../../../src/daemons/miner/sealing/job-store.ts';
import { makeStorageIndex } from '../../../../src/daemons/miner/storage-index.ts';
import { openDatabase } from '../../../../src/daemons/miner/store/database.ts';
import { makeSealingStore, type SealingStore } from '../../../../src/daemons/miner/store/sealing-store.ts';
import type { Sqlite } from '../../../../src/daemons/miner/store/sqlite.ts';
import { until } from './miner-for-test.ts';

let home: string;
let database: Sqlite;
let store: SealingStore;
let jobStore: JobStore;
let steps: SectorSteps;
let time: number;
const told: string[] = [];
const now = () => time;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'job-store-'));
  database = openDatabase(join(home, 'db'));
  store = makeSealingStore(database);
  jobStore = openJobStore({ store, proof: 5, now });
  time = 1e6;
  const times = { genesis: 0, blockMs: 1_000, seedDelay: 150, confidence: 5 };
  steps = makeSectorSteps({
    jobStore,
    index: makeStorageIndex(now, () => undefined),
    chain: localChain({ ...times, miner: 1000, secret: Buffer.from('test') }),
    miner: 1000,
    pieceUrl: (source) => source,
    deleteFiles: () => Promise.resolve(),
    dropPiece: () => undefined,
    onStep: () => undefined,
    now,
    log: pino({ level: 'error' }, { write: (line) => told.push(line) }),
  });
  steps.dispatchEvent(jobStore.begin(false), { kind: 'tick' });
});
afterEach(async () => {
  steps.close();
  database.close();
  await rm(home, { recursive: true });
});

/** Everything written fails from now on, as on a full disk. */
const fill = (): unknown => database.exec('PRAGMA query_only = ON');
const empty = (): unknown => database.exec('PRAGMA query_only = OFF');
const expectSame = (): void => {
  expect([...jobStore.sectors.values()]).toEqual(store.sectors());
  expect([...jobStore.jobs.values()]).toEqual(store.jobs());
};

describe('memory and store', () => {
  it('stay the same when a step fails half-way, and a sector is not forced to where it cannot be', () => {
    expect(() => steps.dispatchEvent(0, { kind: 'force-state', state: 'PreCommit2' })).toThrow(
      'sector 0 cannot be put into PreCommit2: it has no ticket, no PC1 output yet',
    );
    expect(() =>
      jobStore.atomically(() => {
        for (const { id } of jobStore.jobs.values()) jobStore.drop(id);
        jobStore.saveSector({ ...jobStore.sectors.get(0)!, state: 'Removed' });
        throw new Error('half-way');
      }),
    ).toThrow('half-way');
    expect(jobStore.jobs.size).toBe(1);
    expectSame();
  });

  it('stay the same when the disk is full, and the sector goes on by itself when it is not', async () => {
    const [job] = [...jobStore.jobs.values()];
    const failed = {
      kind: 'step-failed',
      step: job!.step,
      error: { Code: 100, Message: 'lost' },
      cause: 'infrastructure',
    } as const;
    steps.dispatchEvent(0, failed);
    fill();
    time += 10_000;
    expect(() => steps.dispatchEvent(0, { kind: 'remove' })).toThrow('readonly');
    expectSame();
    await until(
      () => told.length,
      (count) => count > 0,
    );
    empty();
    time += 10_000;
    await until(
      () => jobStore.jobs.size,
      (count) => count === 1,
    );
    expectSame();
  });
});
