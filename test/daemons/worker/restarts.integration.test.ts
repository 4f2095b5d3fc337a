import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallId } from '../../../src/core/lotus/rpc-values.ts';
import { fileTypesIn } from '../../../src/core/lotus/sector-file.ts';
import { until } from './small-miner.ts';
import { workerLab, type WorkerLab, type WorkerProcess } from './worker-process.ts';

const sectorBytes = 2 ** 23;
const ref = { ID: { Miner: 1000, Number: 5 }, ProofType: 6 };
const unpadded = (sectorBytes / 128) * 127;
const ticket = Buffer.alloc(32, 1).toString('base64');

let lab: WorkerLab;
let worker: WorkerProcess;

beforeEach(async () => {
  lab = await workerLab(sectorBytes);
  worker = await lab.start('a');
}, 60_000);

afterEach(() => lab.tidy());

/** A sector of zeros at the door of PC1. */
async function piece(): Promise<unknown> {
  const adding = await (
    await lab.miner.worker()
  ).call('AddPiece', [ref, [], unpadded, { Type: 'null', Info: `${unpadded}` }]);
  return (await lab.miner.result(adding)).value;
}

const begin = async (pieces: unknown[]): Promise<CallId> =>
  (await lab.miner.worker()).call('SealPreCommit1', [ref, ticket, pieces]);

/** Waits until a call is in a stage whose name begins so. */
async function stage(name: string): Promise<void> {
  const client = await lab.miner.worker();
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const [call] = await client.call('RunningCalls', []);
    if (call?.Progress?.Stage.startsWith(name) === true) return;
  }
  throw new Error(`never in ${name}`);
}

/** Processes that compute for this worker: it has others, such as the holder of its lock. */
const computing = ({ process }: WorkerProcess): string[] =>
  readdirSync(`/proc/${process.pid}/task`)
    .flatMap((thread) =>
      readFileSync(`/proc/${process.pid}/task/${thread}/children`, 'utf8').trim().split(' '),
    )
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').endsWith('compute\0'));

const ended = (pids: readonly string[]) =>
  until(
    () => (pids.some((pid) => existsSync(`/proc/${pid}`)) ? undefined : true),
    `the end of ${pids.join()}`,
  );

describe('a worker killed with -9', { timeout: 240_000 }, () => {
  it('a worker killed in PC1 takes its computation with it, answers 101 when it is back, and goes on at the last whole layer', async () => {
    const pieces = [await piece()];
    const cut = await begin(pieces);
    await stage('layer-2');
    const pids = computing(worker);
    expect(pids).toHaveLength(1);
    await worker.end('SIGKILL');
    await ended(pids);
    const layer = join(lab.home, 'a/cache/s-t01000-5/sc-02-data-layer-1.dat');
    const before = statSync(layer, { bigint: true });
    expect(existsSync(layer.replace('layer-1', 'layer-2'))).toBe(false);

    worker = await lab.start('a');
    expect((await lab.miner.result(cut)).error).toMatchObject({ Code: 101 });
    const result = await lab.miner.result(await begin(pieces));
    expect(result.error).toBeNull();
    expect(statSync(layer, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
    expect(existsSync(layer.replace('layer-1', 'layer-2'))).toBe(true);
  });

  it('a worker killed in PC1 tells nobody of its partial files, and removes them once another has made them', async () => {
    const pieces = [await piece()];
    const declared = (): string[] =>
      Object.values(lab.miner.index.list()).flatMap((list) =>
        list.flatMap(({ SectorFileType }) => fileTypesIn(SectorFileType)),
      );
    const made = [join(lab.home, 'a/sealed/s-t01000-5'), join(lab.home, 'a/cache/s-t01000-5')];
    const cut = await begin(pieces);
    await stage('layer-2');
    await worker.end('SIGKILL');
    lab.miner.callStatus = 'dropped';
    worker = await lab.start('a');
    await lab.miner.result(cut);
    expect(declared()).toEqual(['unsealed']);
    expect(existsSync(made[1]!)).toBe(true);

    await worker.end('SIGKILL');
    lab.miner.callStatus = 'superseded';
    worker = await lab.start('a');
    expect(made.filter((file) => existsSync(file))).toEqual([]);
    expect(declared()).toEqual(['unsealed']);
    expect(readdirSync(join(lab.home, 'a/cache/fetching'))).toEqual([]);
  });

  it('a worker killed between the end of a task and its delivery still delivers the result', async () => {
    lab.miner.refuse = true;
    const call = await (await lab.miner.worker()).call('DataCid', [127, { Type: 'null', Info: '127' }]);
    await until(() => (lab.miner.deliveries().includes(call.ID) ? true : undefined), 'a refused delivery');
    await worker.end('SIGKILL');
    lab.miner.refuse = false;
    worker = await lab.start('a');
    expect(await lab.miner.result(call)).toMatchObject({ error: null, value: { Size: 128 } });
    await until(
      () => (readdirSync(join(lab.home, 'a/datastore/calls')).length === 0 ? true : undefined),
      'an empty journal',
    );
  });
});

describe('a compute process killed with -9', { timeout: 240_000 }, () => {
  it('a killed compute process is reported as a fault of the machine, and PC1 continues after the last complete layer', async () => {
    const pieces = [await piece()];
    const cut = await begin(pieces);
    await stage('layer-2');
    const layer = join(lab.home, 'a/cache/s-t01000-5/sc-02-data-layer-1.dat');
    const before = statSync(layer, { bigint: true });
    const [pid] = computing(worker);
    process.kill(Number(pid), 'SIGKILL');
    expect((await lab.miner.result(cut)).error).toMatchObject({
      Code: 100,
      Message: expect.stringContaining('ended with signal SIGKILL'),
    });
    expect((await lab.miner.result(await begin(pieces))).error).toBeNull();
    expect(statSync(layer, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
  });
});

describe('a running task', { timeout: 240_000 }, () => {
  it('an abort stops a running task', async () => {
    const call = await begin([await piece()]);
    await stage('layer');
    const pids = computing(worker);
    expect(pids).toHaveLength(1);
    expect(await (await lab.miner.worker()).call('AbortCall', [call])).toBe(true);
    await ended(pids);
    expect((await lab.miner.result(call)).error).toMatchObject({
      Code: 0,
      Message: expect.stringContaining('aborted'),
    });
  });

  it('stop waits for the running tasks and loses none', async () => {
    let finish = (): void => {};
    const source = createServer((_, response) => {
      response.writeHead(200).write(Buffer.alloc(100));
      finish = () => response.end(Buffer.alloc(27));
    });
    await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
    const Info = `http://127.0.0.1:${(source.address() as AddressInfo).port}/piece`;
    const client = await lab.miner.worker();
    const call = await client.call('DataCid', [127, { Type: 'http', Info }]);
    const stopping = lab.begin('a', 'stop');
    await until(
      () => (stopping.said().includes('waiting for 1 running tasks') ? true : undefined),
      'the wait for the running task',
    );
    expect(await client.call('Enabled', [])).toBe(false);
    expect(await client.call('RunningCalls', [])).toMatchObject([{ ID: call, Method: 'DataCid' }]);
    finish();
    expect(await stopping.ended).toMatchObject({ code: 0 });
    expect(await lab.miner.result(call)).toMatchObject({ error: null, value: { Size: 128 } });
    await until(() => (worker.process.exitCode === 0 ? true : undefined), 'the end of the worker');
    expect(lab.miner.index.list()).toEqual({});
    source.close();
  });
});
