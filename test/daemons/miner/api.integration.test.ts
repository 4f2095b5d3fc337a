import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initMinerRepo } from '../../../src/daemons/miner/repo.ts';
import { startMiner, type RunningMiner } from '../../../src/daemons/miner/miner.ts';
import { freePort } from '../../free-ports.ts';

let repo: string;
let miner: RunningMiner;
let url: string;
let admin: string;

beforeAll(async () => {
  repo = join(await mkdtemp(join(tmpdir(), 'miner-api-')), 'miner');
  await initMinerRepo(repo, { actor: 'f01000', sectorSize: '32GiB' }, { noLocalStorage: true });
  const port = await freePort();
  miner = await startMiner({
    repo,
    version: '0.0.0-test',
    revision: 'abc',
    env: { LOTUS_API_LISTENADDRESS: `/ip4/127.0.0.1/tcp/${port}/http` },
    gpuProving: false,
    log: pino({ level: 'silent' }),
  });
  url = `http://127.0.0.1:${port}/rpc/v0`;
  admin = await readFile(join(repo, 'token'), 'utf8');
});

afterAll(async () => {
  await miner.stop();
  await rm(join(repo, '..'), { recursive: true });
});

/** Sends the very JSON a Go peer sends and returns result or error message. */
async function call(method: string, params: string, token = admin): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: token === '' ? {} : { Authorization: `Bearer ${token}` },
    body: `{"jsonrpc":"2.0","id":7,"method":"Filecoin.${method}","params":${params},"meta":{"SpanContext":"AAAB"}}`,
  });
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
  return answer.error === undefined ? answer.result : answer.error.message;
}

const id = '9d2c6e1a-52f7-4a43-9d57-0d4f3c1b2a19';
const info = `{"ID":"${id}","URLs":["http://10.0.0.7:3456/remote"],"Weight":10,"MaxStorage":0,"CanSeal":true,"CanStore":false,"Groups":null,"AllowTo":null,"AllowTypes":null,"DenyTypes":["unsealed"],"AllowMiners":null,"DenyMiners":null}`;
const stat = `{"Capacity":7681501126656,"Available":5120000000000,"FSAvailable":5638832049356,"Reserved":518832049356,"Max":0,"Used":0}`;
const sector = `{"Miner":1000,"Number":42}`;

describe('the miner towards a real worker', () => {
  it('the miner returns its API version, actor and sector size to anyone', async () => {
    expect(await call('Version', 'null', '')).toMatchObject({ APIVersion: 66816 });
    expect(await call('ActorAddress', '[]', '')).toBe('f01000');
    expect(await call('ActorSectorSize', '["t01000"]', '')).toBe(34359738368);
    expect(await call('ActorSectorSize', '["f02000"]', '')).toContain('f02000 is not this miner');
  });

  it('version and metrics of the miner name the build', async () => {
    expect(await call('Version', '[]')).toMatchObject({ Version: '0.0.0-test' });
    const text = await (await fetch(url.replace('rpc/v0', 'metrics'))).text();
    expect(text).toMatch(
      /^seal_build_info\{program="seal-miner",version="0.0.0-test",revision="abc",node="[\d.]+"\} 1$/m,
    );
  });

  it('the miner accepts storage paths, their health and their sectors in wire form', async () => {
    expect(await call('StorageAttach', `[${info},${stat}]`)).toBeNull();
    expect(await call('StorageReportHealth', `["${id}",{"Stat":${stat},"Err":""}]`)).toBeNull();
    expect(await call('StorageDeclareSector', `["${id}",${sector},4,false]`)).toBeNull();
    expect(await call('StorageList', '[]')).toEqual({
      [id]: [{ Miner: 1000, Number: 42, SectorFileType: 4 }],
    });
    expect(await call('StorageFindSector', `[${sector},4,34359738368,false]`)).toEqual([
      {
        ID: id,
        URLs: ['http://10.0.0.7:3456/remote/cache/s-t01000-42'],
        BaseURLs: ['http://10.0.0.7:3456/remote'],
        Weight: 10,
        CanSeal: true,
        CanStore: false,
        Primary: false,
        AllowTypes: null,
        DenyTypes: ['unsealed'],
        AllowMiners: null,
        DenyMiners: null,
      },
    ]);
    expect(await call('StorageBestAlloc', `[6,34359738368,"sealing",1000]`)).toMatchObject([{ ID: id }]);
    expect(await call('StorageBestAlloc', `[6,34359738368,"storage",1000]`)).toBe('no good path found');
    expect(await call('StorageReportHealth', `["unknown",{"Stat":${stat},"Err":""}]`)).toContain(
      'no storage path',
    );
  });

  it('the miner answers a repeated result with success, so that the worker stops offering it', async () => {
    const callId = `{"Sector":${sector},"ID":"5f0c7a52-2c1e-4a0b-9a53-0d6a1f6e7b11"}`;
    for (let time = 0; time < 2; time += 1) {
      expect(await call('ReturnSealPreCommit1', `[${callId},"q83vASNF",null]`)).toBeNull();
      expect(await call('ReturnFetch', `[${callId},{"Code":101,"Message":"restarted"}]`)).toBeNull();
    }
  });

  it('the miner issues tokens in base64 and verifies them', async () => {
    const encoded = await call('AuthNew', '[["read","write"]]');
    const token = Buffer.from(String(encoded), 'base64').toString();
    expect(await call('AuthVerify', JSON.stringify([token]), '')).toEqual(['read', 'write']);
    expect(await call('AuthVerify', '["forged"]', '')).toBe('JWT verification failed');
    expect(await call('WorkerStats', '[]', token)).toBe(
      "missing permission to invoke 'WorkerStats' (need 'admin')",
    );
  });

  it('the miner refuses a worker that it cannot dial', async () => {
    expect(await call('WorkerConnect', '["http://127.0.0.1:1/rpc/v0"]')).toContain('ECONNREFUSED');
    expect(await call('WorkerConnect', '["nonsense"]')).toContain('unmarshaling params');
  });

  it('the miner lists its built-in worker with an empty list of jobs', async () => {
    const stats = (await call('WorkerStats', '[]')) as Record<
      string,
      { Tasks: string[]; TaskCounts: object }
    >;
    const [session = ''] = Object.keys(stats);
    expect(stats[session]?.Tasks).toContain('seal/v0/precommit/1');
    expect(stats[session]?.TaskCounts).toEqual({});
    expect(await call('WorkerJobs', '[]')).toEqual({ [session]: [] });
  });

  it('a second miner on the same repo is refused', async () => {
    const second = startMiner({
      repo,
      version: '',
      revision: '',
      env: {},
      gpuProving: false,
      log: pino({ level: 'silent' }),
    });
    await expect(second).rejects.toThrow('another process uses the repo');
  });
});
