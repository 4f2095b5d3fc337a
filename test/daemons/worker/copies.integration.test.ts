import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeRpcClient } from '../../../src/core/lotus/rpc-client.ts';
import type { CallId } from '../../../src/core/lotus/rpc-values.ts';
import { fileMaskOf, type SectorFileTypeName } from '../../../src/core/lotus/sector-file.ts';
import { initSectorStore } from '../../../src/daemons/base/storage/store-file.ts';
import { workerLab, type WorkerLab } from './worker-process.ts';

type TaskApi = Record<string, { params: unknown[]; result: CallId }>;

const ref = { ID: { Miner: 1000, Number: 9 }, ProofType: 5 };
const ticket = Buffer.alloc(32, 1).toString('base64');
const layers: SectorFileTypeName[] = ['sealed', 'cache'];
const updated: SectorFileTypeName[] = ['update', 'update-cache', 'unsealed'];
let lab: WorkerLab;
/** URLs of the workers. */
let a: string;
let b: string;

async function start(name: string): Promise<string> {
  await lab.start(name);
  return lab.miner.workerUrl() ?? '';
}

beforeEach(async () => {
  lab = await workerLab();
  a = await start('a');
}, 60_000);
afterEach(() => lab.tidy());

/** Does a task on a worker. */
async function task<Value>(url: string, method: string, ...params: unknown[]): Promise<Value> {
  const worker = makeRpcClient<TaskApi>({ url, token: 'good' });
  const { value, error } = await lab.miner.result(await worker.call(method, [ref, ...params]));
  expect(error).toBeNull();
  return value as Value;
}

/** Files of the sector on the sealing path of a worker. */
const onScratch = (name: string): SectorFileTypeName[] =>
  [...layers, ...updated].filter((type) => existsSync(join(lab.home, name, type, 's-t01000-9')));

it('unsealing and regenerating on another worker leave their sources in storage, and no copies', async () => {
  const piece = await task(a, 'AddPiece', [], 2032, { Type: 'null', Info: '2032' });
  const phase1 = await task<string>(a, 'SealPreCommit1', ticket, [piece]);
  const { Unsealed } = await task<{ Unsealed: unknown }>(a, 'SealPreCommit2', phase1);
  await task(a, 'ReleaseUnsealed', null);
  const store = join(lab.home, 'store');
  const { ID } = await initSectorStore(store, { CanStore: true });
  expect((await lab.command('a', 'storage', 'attach', store)).code).toBe(0);
  await task(a, 'MoveStorage', fileMaskOf(layers));
  const isStored = (type: SectorFileTypeName): boolean =>
    lab.miner.index.findSector(ref.ID, fileMaskOf([type]), 2048, false).some((found) => found.ID === ID);

  b = await start('b');
  await task(b, 'UnsealPiece', 0, 2032, ticket, Unsealed);
  expect(onScratch('b')).toEqual(['unsealed']);
  expect(layers.map(isStored)).toEqual([true, true]);

  await task(b, 'ReplicaUpdate', [piece]);
  await task(a, 'Fetch', fileMaskOf(updated), 'storage', 'move');
  await task(a, 'MoveStorage', fileMaskOf(updated));
  for (const url of [a, b])
    await fetch(`${url.replace('/rpc/v0', '/remote')}/sealed/s-t01000-9`, {
      method: 'DELETE',
      headers: { Authorization: 'Bearer good' },
    });
  await task(b, 'GenerateSectorKeyFromData', Unsealed);
  expect(onScratch('b')).toEqual(layers);
  expect(updated.map(isStored)).toEqual([true, true, true]);
}, 240_000);
