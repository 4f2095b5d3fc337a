import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskCode } from '../../src/core/lotus/task-type.ts';
import { prepareMiner, until, type TestMiner } from '../daemons/miner/sealing/miner-for-test.ts';
import { startDouble, type WorkerDouble } from '../daemons/miner/sealing/worker-double.ts';
import { executable } from './daemon-processes.ts';

const tasks: TaskCode[] = ['AP', 'PC1', 'PC2', 'C1', 'C2', 'GET', 'FIN', 'FUS'];
const sectors = 8;
const kills = 6;
let miner: TestMiner;
let running: ChildProcess;
let log = '';
const workers: WorkerDouble[] = [];

function start(): ChildProcess {
  const env = { PATH: process.env['PATH'] ?? '', ...miner.env, LOTUS_MINER_PATH: miner.repo };
  const child = spawn(executable('seal-miner'), ['run'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  return child;
}

const answers = () =>
  until(
    () => miner.client.call('Version', []),
    ({ APIVersion }) => APIVersion > 0,
  );

async function kill(): Promise<void> {
  const ended = once(running, 'close');
  running.kill('SIGKILL');
  await ended;
}

beforeAll(async () => {
  miner = await prepareMiner();
  running = start();
  await answers();
  for (const name of ['a', 'b'])
    workers.push(
      await startDouble({ name, minerUrl: miner.url, token: miner.token, tasks, stores: true, taskMs: 400 }),
    );
});

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await kill();
  await miner.tidy();
});

describe('a miner that is killed at random moments', () => {
  it('a killed miner loses no sector, seals none twice, and keeps its paths and running tasks', async () => {
    for (let count = 0; count < sectors; count += 1) await miner.client.call('PledgeSector', []);
    const moments = fc.sample(fc.integer({ min: 0, max: 1_500 }), { numRuns: kills, seed: 20_261_123 });
    for (const momentMs of moments) {
      await until(
        () => miner.client.call('WorkerJobs', []),
        (jobs) => Object.keys(jobs ?? {}).length > 0,
        20_000,
      );
      await setTimeout(momentMs);
      await kill();
      running = start();
      await answers();
      expect((await miner.client.call('SectorsList', [])).length).toBe(sectors);
      expect(Object.keys(await miner.client.call('StorageList', [])).sort()).toEqual([
        'seal-a',
        'seal-b',
        'store-a',
        'store-b',
      ]);
    }
    await until(
      () => miner.client.call('SectorsSummary', []),
      (states) => states['Proving'] === sectors,
      120_000,
    );
    const begun = workers.flatMap((worker) => worker.begun);
    for (let sector = 0; sector < sectors; sector += 1)
      for (const method of ['SealPreCommit1', 'SealPreCommit2', 'SealCommit2', 'FinalizeSector'])
        expect({ sector, method, times: times(begun, sector, method) }).toEqual({ sector, method, times: 1 });
    expect(log).not.toContain('cannot check a call');
  });
});

function times(begun: WorkerDouble['begun'], sector: number, method: string): number {
  return begun.filter((each) => each.sector === sector && each.method === method).length;
}
