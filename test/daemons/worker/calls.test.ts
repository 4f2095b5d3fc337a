import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fail } from '../../../src/core/problem/problem.ts';
import type { MinerReturnApi } from '../../../src/core/lotus/miner-api.ts';
import type { RpcClient } from '../../../src/core/lotus/rpc-client.ts';
import { deferred } from '../../../src/core/async/deferred.ts';
import { makeCallJournal } from '../../../src/daemons/worker/calls/journal.ts';
import { makeCalls, type Calls } from '../../../src/daemons/worker/calls/calls.ts';
import { until } from './small-miner.ts';

const sector = { Miner: 1000, Number: 7 };
let home: string;
let delivered: { method: string; params: unknown[] }[];
let minerIsAway: boolean;
const open: Calls[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'calls-'));
  delivered = [];
  minerIsAway = false;
});

afterEach(async () => {
  for (const calls of open.splice(0)) await calls.close();
  await rm(home, { recursive: true });
});

function process(): Calls {
  const client = {
    call: async (method: string, params: unknown[]) => {
      if (minerIsAway) throw new Error('the miner is unreachable');
      delivered.push({ method, params });
      return null;
    },
  } as unknown as RpcClient<MinerReturnApi>;
  const log = pino({ level: 'silent' });
  const calls = makeCalls({
    journal: makeCallJournal(home, log),
    client,
    name: 'seal-a',
    now: () => new Date(0),
    log,
  });
  open.push(calls);
  return calls;
}

const delivery = () => until(() => delivered[0], 'a delivery', 5_000);

describe('a call', () => {
  it('a call is on disk before its work begins, and removed once its result is acknowledged', async () => {
    const calls = process();
    let atBegin: string[] = [];
    const call = await calls.start('SealPreCommit1', sector, async () => {
      atBegin = await readdir(home);
      return 'AQI=';
    });
    expect(await delivery()).toEqual({ method: 'ReturnSealPreCommit1', params: [call, 'AQI=', null] });
    expect(atBegin).toEqual([`${call.ID}.json`]);
    await calls.delivered(5_000);
    expect(await readdir(home)).toEqual([]);
  });

  it('a result without a value is delivered with two parameters', async () => {
    const call = await process().start('Fetch', sector, async () => undefined);
    expect(await delivery()).toEqual({ method: 'ReturnFetch', params: [call, null] });
  });

  it('a call without free space fails with 102, other failures have code 0, and each names the worker', async () => {
    await process().start('SealPreCommit2', sector, async () => {
      throw fail({ code: 'no-free-space', summary: 'the path is full' });
    });
    expect((await delivery()).params.slice(1)).toEqual([
      { Unsealed: null, Sealed: null },
      { Code: 102, Message: 'the path is full [name: seal-a]' },
    ]);
    delivered = [];
    await process().start('FinalizeSector', sector, async () => {
      throw new Error('broken');
    });
    expect((await delivery()).params[1]).toEqual({ Code: 0, Message: 'broken [name: seal-a]' });
  });

  it('an abort stops a call, and quiet waits for the end of all calls', async () => {
    const calls = process();
    const stopped = deferred();
    const call = await calls.start('SealPreCommit1', sector, ({ signal }) => {
      signal.addEventListener('abort', () => stopped.resolve());
      return stopped.promise.then(() => signal.throwIfAborted());
    });
    expect(calls.running()).toMatchObject([{ ID: call, Method: 'SealPreCommit1', Progress: null }]);
    expect(calls.abort('another')).toBe(false);
    expect(calls.abort(call.ID)).toBe(true);
    await calls.quiet();
    expect(calls.running()).toEqual([]);
    expect((await delivery()).params[2]).toMatchObject({
      Code: 0,
      Message: expect.stringContaining('aborted'),
    });
  });
});

describe('the next process', () => {
  it('the next process delivers a result that the miner had not accepted', async () => {
    minerIsAway = true;
    const first = process();
    const call = await first.start('SealCommit2', sector, async () => 'cHJvb2Y=');
    await first.quiet();
    await first.close();
    minerIsAway = false;
    await process().recover();
    expect(await delivery()).toEqual({ method: 'ReturnSealCommit2', params: [call, 'cHJvb2Y=', null] });
  });

  it('the next process answers 101 for an interrupted call', async () => {
    const first = process();
    const call = await first.start('SealPreCommit2', sector, ({ signal }) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))));
    });
    await first.close();
    expect(delivered).toEqual([]);
    await expect(first.start('Fetch', sector, async () => undefined)).rejects.toThrow('closing');
    await writeFile(join(home, 'strange.json'), '{');
    await process().recover();
    expect(await delivery()).toEqual({
      method: 'ReturnSealPreCommit2',
      params: [
        call,
        { Unsealed: null, Sealed: null },
        { Code: 101, Message: 'worker [name: seal-a] restarted' },
      ],
    });
  });
});
