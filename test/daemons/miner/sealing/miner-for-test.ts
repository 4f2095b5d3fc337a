import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { expect } from 'vitest';
import { makeRpcClient, type RpcClient } from '../../../../src/core/lotus/rpc-client.ts';
import type { MinerApi } from '../../../../src/core/lotus/miner-api.ts';
import { startMiner, type RunningMiner } from '../../../../src/daemons/miner/miner.ts';
import { initMinerRepo } from '../../../../src/daemons/miner/repo.ts';
import { freePort } from '../../../free-ports.ts';

/** A miner of 2KiB sectors whose epochs pass in a blink, in a directory of its own. */
export interface TestMiner {
  readonly repo: string;
  readonly url: string;
  readonly token: string;
  readonly client: RpcClient<MinerApi>;
  readonly env: Record<string, string>;
  readonly start: () => Promise<RunningMiner>;
  readonly tidy: () => Promise<void>;
}

export async function prepareMiner(extra: Record<string, string> = {}): Promise<TestMiner> {
  const home = await mkdtemp(join(tmpdir(), 'sealing-'));
  const repo = join(home, 'miner');
  await initMinerRepo(repo, { actor: 'f01000', sectorSize: '2KiB' }, { noLocalStorage: true });
  const port = await freePort();
  const env = {
    LOTUS_API_LISTENADDRESS: `/ip4/127.0.0.1/tcp/${port}/http`,
    LOTUS_API_REMOTELISTENADDRESS: `127.0.0.1:${port}`,
    LOTUS_LOCALCHAIN_BLOCKDELAY: '10ms',
    ...extra,
  };
  const url = `http://127.0.0.1:${port}/rpc/v0`;
  const token = (await readFile(join(repo, 'token'), 'utf8')).trim();
  const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' });
  return {
    repo,
    url,
    token,
    env,
    client: makeRpcClient<MinerApi>({ url, token }),
    start: () => startMiner({ repo, version: 'test', revision: 'abc', env, gpuProving: false, log }),
    tidy: () => rm(home, { recursive: true, force: true }),
  };
}

/** Uploads a piece of so many bytes; where it went. */
export async function addPiece({ url, client }: TestMiner, bytes: number): Promise<unknown> {
  const id = randomUUID();
  const push = url.replace('rpc/v0', `rpc/streams/v0/push/${id}`);
  const adding = client.call('SectorAddPieceToAny', [bytes, { Type: 'push', Info: id }, null]);
  expect((await fetch(push, { method: 'HEAD' })).status).toBe(200);
  const headers = { 'Content-Type': 'application/octet-stream' };
  const posted = await fetch(push, { method: 'POST', body: Buffer.alloc(bytes, 7), headers });
  expect(posted.status).toBe(200);
  return adding;
}

/** Waits until a condition holds, and tells the last value when it never does. */
export async function until<Value>(
  read: () => Promise<Value> | Value,
  holds: (value: Value) => boolean,
  withinMs = 30_000,
): Promise<Value> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await Promise.resolve(read()).catch((error: unknown) => error as Value);
    if (!(value instanceof Error) && holds(value)) return value;
    if (Date.now() > deadline) {
      expect.fail(`the condition did not come to hold; last seen: ${JSON.stringify(value)} ${String(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
