import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunningMiner } from '../../../../src/daemons/miner/miner.ts';
import { taskTypes } from '../../../../src/core/lotus/task-type.ts';
import { prepareMiner, until, type TestMiner } from './miner-for-test.ts';
import { startDouble, type DoubleOptions, type WorkerDouble } from './worker-double.ts';

let miner: TestMiner;
let running: RunningMiner;
let workers: WorkerDouble[];

async function worker(options: Pick<DoubleOptions, 'name'> & Partial<DoubleOptions>): Promise<WorkerDouble> {
  const tasks = taskTypes.map(({ code }) => code);
  const at = { minerUrl: miner.url, token: miner.token };
  const made = await startDouble({ ...at, tasks, stores: true, ...options });
  workers.push(made);
  return made;
}

beforeEach(async () => {
  miner = await prepareMiner();
  running = await miner.start();
  workers = [];
});
afterEach(async () => {
  await Promise.all(workers.map((each) => each.stop()));
  await running.stop();
  await miner.tidy();
});

it('a step that failed on one worker is done by another, though its files lie on the first', async () => {
  const avoided = await worker({
    name: 'avoided',
    fails: (method) => (method === 'SealPreCommit2' ? { Code: 100, Message: 'the process died' } : undefined),
  });
  await miner.client.call('PledgeSector', []);
  await until(
    () => miner.client.call('SectorsStatus', [0, false]),
    ({ LastErr }) => LastErr === 'the process died',
  );
  const well = await worker({ name: 'well' });
  await until(
    () => miner.client.call('SectorsSummary', []),
    (states) => states['Proving'] === 1,
  );
  const tries = [avoided, well].map(
    ({ begun }) => begun.filter(({ method }) => method === 'SealPreCommit2').length,
  );
  expect(tries).toEqual([1, 1]);
});
