import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { taskTimes } from '../../../../src/daemons/miner/sealing/listing.ts';
import { openDatabase } from '../../../../src/daemons/miner/store/database.ts';
import { makeSealingStore } from '../../../../src/daemons/miner/store/sealing-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'finished-times-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('how long finished tasks took', () => {
  it('is the median of the last 99 of a type and size, and outlives the miner', () => {
    const file = join(directory, 'sealing.sqlite');
    const first = openDatabase(file);
    const store = makeSealingStore(first);
    for (let time = 1; time <= 200; time += 1) store.noteFinished('PC1:5', time);
    store.noteFinished('PC1:8', 7);
    store.noteFinished('C2:5', 30);
    store.noteFinished('C2:5', 10);
    first.close();
    const again = openDatabase(file);
    expect(taskTimes(makeSealingStore(again).finishedTimes())).toEqual([
      { Task: 'seal/v0/precommit/1', ProofType: 5, Count: 99, MedianMs: 151 },
      { Task: 'seal/v0/precommit/1', ProofType: 8, Count: 1, MedianMs: 7 },
      { Task: 'seal/v0/commit/2', ProofType: 5, Count: 2, MedianMs: 10 },
    ]);
    again.close();
  });
});
