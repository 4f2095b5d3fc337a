import assert from 'node:assert/strict';
import { openDatabase } from '../../../../src/daemons/miner/store/database.ts';
import { makeIndexStore } from '../../../../src/daemons/miner/store/index-store.ts';
import { makeSealingStore } from '../../../../src/daemons/miner/store/sealing-store.ts';
import { isDatabaseError } from '../../../../src/daemons/miner/store/sqlite.ts';

/**
 * What the miner relies on in its database, on the file given: run twice, by whichever connection the Node that runs it has. It throws
 * an AssertionError where that does not hold.
 */
export function checkDatabase(file: string): void {
  const database = openDatabase(file);
  const store = makeSealingStore(database);

  const before = store.takeNumber();
  assert.throws(
    () =>
      store.atomically(() => {
        store.takeNumber();
        store.noteFinished('PC1:5', 1);
        throw new Error('half-way');
      }),
    /half-way/,
  );
  assert.equal(store.takeNumber(), before + 1, 'a number taken in work that failed is free again');
  assert.equal(store.finishedTimes().size, 0, 'what was written inside the failed work is gone as well');

  const made = store.fact('secret', () => 'first');
  assert.equal(
    store.fact('secret', () => 'second'),
    made,
    'a fact stays as it was made',
  );

  store.appendLog(7, [{ at: 1, kind: 'event', message: 'größe' }]);
  assert.deepEqual({ ...store.logOf(7)[0] }, { at: 1, kind: 'event', message: 'größe' });

  const index = makeIndexStore(database);
  assert.throws(
    () => index.saveFile('no such path', { Miner: 1, Number: 2 }, 4, true),
    (error) => isDatabaseError(error),
    'a file of an unknown path is refused by the database, as its failure',
  );

  database.exec('PRAGMA query_only = ON');
  assert.throws(
    () => store.takeNumber(),
    (error) => isDatabaseError(error),
  );
  database.close();
}
