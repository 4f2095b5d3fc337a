import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMultiaddr, rpcUrl } from '../../src/lotus/api-info.ts';
import type { MinerApi } from '../../src/lotus/miner-api.ts';
import { makeRpcClient, type RpcClient } from '../../src/lotus/rpc-client.ts';
import { taskNameOf } from '../../src/lotus/task-type.ts';
import type { WorkerApi } from '../../src/lotus/worker-api.ts';
import { until } from '../miner/sealing/miner-for-test.ts';
import { newCluster, type Cluster } from './daemon-processes.ts';

/** The use case of Lotus's page on seal workers: workers 1 and 2 do PC1 and PC2, worker 3 does PC1 for worker 1. */
const stores = {
  'worker-1': { Groups: ['example-seal-group-1'], AllowTo: ['example-seal-group-1'] },
  'worker-2': { Groups: ['example-seal-group-2'], AllowTo: ['example-seal-group-2'] },
  'worker-3': { Groups: null, AllowTo: ['example-seal-group-1'] },
} as const;
type Name = keyof typeof stores;
const names = Object.keys(stores) as Name[];

let cluster: Cluster;
let miner: RpcClient<MinerApi>;
const workers = new Map<Name, { rpc: RpcClient<WorkerApi>; received: () => Promise<number> }>();

beforeAll(async () => {
  cluster = await newCluster();
  await cluster.miner('init', '--actor=f01000', '--sector-size=2KiB', '--no-local-storage');
  await cluster.runMiner();
  const token = await cluster.token();
  miner = makeRpcClient<MinerApi>({ url: `http://127.0.0.1:${cluster.minerPort}/rpc/v0`, token });
  for (const name of names) {
    await cluster.runWorker(name, ['--listen=127.0.0.1:0', '--no-local-storage'], {
      FIL_PROOFS_PARENT_CACHE: join(cluster.home, 'parents'),
    });
    const file = join(cluster.home, name, 'api');
    const api = await until(
      () => readFile(file, 'utf8'),
      (text) => text !== '',
    );
    const address = parseMultiaddr(api);
    const rpc = makeRpcClient<WorkerApi>({ url: rpcUrl(address), token });
    const headers = { Authorization: `Bearer ${token}` };
    workers.set(name, {
      rpc,
      received: async () => {
        const text = await (await fetch(`http://127.0.0.1:${address.port}/metrics`, { headers })).text();
        return Number(/seal_sector_bytes_total\{direction="received"\} (\d+)/.exec(text)?.[1] ?? 0);
      },
    });
    const groups = stores[name].Groups?.map((group) => `--groups=${group}`) ?? [];
    const allow = stores[name].AllowTo.map((group) => `--allow-to=${group}`);
    const attached = await cluster.worker(
      name,
      'storage',
      'attach',
      '--init',
      '--seal',
      ...groups,
      ...allow,
      join(cluster.home, `seal-${name}`),
    );
    expect(attached).toMatchObject({ code: 0 });
  }
}, 60_000);

afterAll(() => cluster.tidy());

const of = (name: Name) => workers.get(name)!;

/** Lets a worker take these tasks, and not the others of the story. */
async function take(name: Name, tasks: readonly ('AP' | 'PC1' | 'PC2')[]): Promise<void> {
  for (const code of ['AP', 'PC1', 'PC2'] as const)
    await of(name).rpc.call(tasks.includes(code) ? 'TaskEnable' : 'TaskDisable', [taskNameOf(code)]);
}

/** A new sector whose PC1 is done by this worker; its files are looked for there, so nobody may take PC2 yet. */
async function sealedBy(name: Name): Promise<number> {
  const { Number: sector } = await miner.call('PledgeSector', []);
  await reached(sector, 'done;PC1');
  expect(
    await miner.call('StorageFindSector', [{ Miner: 1000, Number: sector }, 2, 2048, false]),
  ).toMatchObject([{ ID: (await of(name).rpc.call('Paths', []))?.[0]?.ID }]);
  return sector;
}

const reached = (sector: number, kind: string) =>
  until(
    () => miner.call('SectorsStatus', [sector, false]),
    ({ Log }) => Log.some(({ Kind }) => Kind === kind),
  );

const receivedByAll = () => Promise.all(names.map((name) => of(name).received()));

describe('three workers with storage groups', () => {
  it('keep sectors where they are, although another worker is idle: nobody receives a byte', async () => {
    await take('worker-1', ['AP', 'PC1']);
    await take('worker-2', ['PC2']);
    await take('worker-3', []);
    const sector = await sealedBy('worker-1');
    const [waiting] = await until(
      () => miner.call('SealingExplain', []),
      (list) => list.some(({ TaskType }) => TaskType === taskNameOf('PC2')),
    );
    expect(waiting?.Reasons).toContainEqual(
      expect.objectContaining({
        Hostname: 'worker-2',
        Reason: 'outside the storage groups that may fetch the files: example-seal-group-1',
      }),
    );
    await take('worker-1', ['PC2']);
    await reached(sector, 'done;PC2');
    expect(await receivedByAll()).toEqual([0, 0, 0]);
  });

  it('let worker 3 feed worker 1 and nobody else, byte by byte', async () => {
    await take('worker-1', []);
    await take('worker-3', ['AP', 'PC1']);
    const sector = await sealedBy('worker-3');
    await take('worker-1', ['PC2']);
    await reached(sector, 'done;PC2');
    const [one, two, three] = await receivedByAll();
    expect(one).toBeGreaterThan(2 * 2048);
    expect([two, three]).toEqual([0, 0]);
  });
});

describe('the same three workers without groups', () => {
  it('move a sector to whoever is free', async () => {
    for (const name of names) {
      const file = join(cluster.home, `seal-${name}`, 'sectorstore.json');
      const store = JSON.parse(await readFile(file, 'utf8')) as object;
      await writeFile(file, JSON.stringify({ ...store, Groups: null, AllowTo: null }));
      expect((await cluster.worker(name, 'storage', 'redeclare', '--all')).code).toBe(0);
    }
    await take('worker-3', []);
    await take('worker-1', ['AP', 'PC1']);
    const sector = (await miner.call('PledgeSector', [])).Number;
    await reached(sector, 'done;PC2');
    expect(await of('worker-2').received()).toBeGreaterThan(2 * 2048);
  });
});
