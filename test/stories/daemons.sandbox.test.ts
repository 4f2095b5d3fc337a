import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inSteps } from '../projects/steps.ts';
import { parseMultiaddr, rpcUrl } from '../../src/core/lotus/api-info.ts';
import type { MinerApi } from '../../src/core/lotus/miner-api.ts';
import { makeRpcClient } from '../../src/core/lotus/rpc-client.ts';
import { parseSectorStore } from '../../src/core/lotus/storage-files.ts';
import type { WorkerApi } from '../../src/core/lotus/worker-api.ts';
import { newCluster, type Cluster, type DaemonProcess } from './daemon-processes.ts';

/** A miner notices a lost worker at its next poll, every ten seconds. */
const soon = { timeout: 60_000, interval: 50 };
const afterPoll = { timeout: 60_000, interval: 200 };

let cluster: Cluster;
let miner: DaemonProcess;
let workerA: DaemonProcess;
let workerB: DaemonProcess;

inSteps('story');

beforeAll(async () => {
  cluster = await newCluster();
});

afterAll(() => cluster.tidy());

async function minerRpc() {
  return makeRpcClient<MinerApi>({
    url: `http://127.0.0.1:${cluster.minerPort}/rpc/v0`,
    token: await cluster.token(),
  });
}

async function workerRpc(name: string) {
  const address = parseMultiaddr(await readFile(join(cluster.home, name, 'api'), 'utf8'));
  return makeRpcClient<WorkerApi>({ url: rpcUrl(address), token: await cluster.token() });
}

/** The header lines of `sealing workers`, sorted by host, without sessions. */
async function hosts(): Promise<string[]> {
  const { out } = await cluster.miner('sealing', 'workers');
  return [...out.matchAll(/^Worker [0-9a-f-]{36}, host (.*)$/gm)].map((match) => match[1] ?? '').toSorted();
}

async function sessionOf(host: string): Promise<string | undefined> {
  const stats = await (await minerRpc()).call('WorkerStats', []);
  return Object.entries(stats).find(([, worker]) => worker.Info.Hostname === host)?.[0];
}

describe('a miner and its workers', () => {
  it('seal-miner init makes a repo with its tokens', async () => {
    const init = await cluster.miner('init', '--actor=f01000', '--sector-size=2KiB', '--no-local-storage');
    expect(init).toMatchObject({ code: 0, err: '' });
    expect(await cluster.miner('init', '--actor=f01000')).toMatchObject({ code: 1 });
    expect((await cluster.miner('sealing', 'workers')).err).toContain('no seal-miner is running on the repo');
    miner = await cluster.runMiner();
    const admin = await cluster.miner('auth', 'create-token', '--perm=admin');
    expect(admin.out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const info = await cluster.miner('auth', 'api-info', '--perm=read');
    expect(info.out).toMatch(
      new RegExp(`^MINER_API_INFO=[\\w.-]+:/ip4/127\\.0\\.0\\.1/tcp/${cluster.minerPort}/http\\n$`),
    );
    expect((await cluster.miner('auth', 'create-token')).err).toContain('--perm is missing');
  });

  it('two workers register within seconds and are listed with their limits', async () => {
    workerA = await cluster.runWorker('seal-a', ['--listen=127.0.0.1:0'], { PC1_2K_MAX_CONCURRENT: '4' });
    workerB = await cluster.runWorker('seal-b', ['--listen=0.0.0.0:0', '--no-default', '--precommit2']);
    await expect.poll(hosts, soon).toEqual(['seal-a', 'seal-b', 'the-miner']);
    const stats = await (await minerRpc()).call('WorkerStats', []);
    const a = stats[(await sessionOf('seal-a')) ?? ''];
    expect(a?.Info.Resources.Resources?.['seal/v0/precommit/1']?.['5']?.MaxConcurrent).toBe(4);
    expect(stats[(await sessionOf('seal-b')) ?? '']?.Tasks?.toSorted()).toEqual([
      'seal/v0/commit/1',
      'seal/v0/fetch',
      'seal/v0/finalize',
      'seal/v0/finalize/replicaupdate',
      'seal/v0/finalizeunsealed',
      'seal/v0/precommit/2',
      'seal/v0/provereplicaupdate/1',
    ]);
    const { out } = await cluster.miner('sealing', 'workers');
    expect(out).toMatch(/host seal-a\n\tCPU: {2}\[ {64}\] 0\/\d+ core\(s\) in use\n\tRAM: {2}\[/);
  });

  it('the token of a worker is in a file that only its user can read', async () => {
    expect((await stat(join(cluster.home, 'seal-a/token'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(cluster.home, 'seal-b/api'), 'utf8')).toMatch(
      /^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/,
    );
  });

  it('tasks disable and enable change a running worker at once', async () => {
    const tasks = async () => Object.keys(await (await workerRpc('seal-a')).call('TaskTypes', []));
    expect((await cluster.worker('seal-a', 'tasks', 'disable', 'PC1')).code).toBe(0);
    expect(await tasks()).not.toContain('seal/v0/precommit/1');
    const info = await cluster.worker('seal-a', 'info');
    expect(info.out).toContain('Task types: FUS FIN GET FRU UNS C1 C2 PC2 PR1 PR2 RU AP DC GSK \n');
    expect((await cluster.worker('seal-a', 'tasks', 'disable', '--all')).code).toBe(0);
    expect((await cluster.worker('seal-a', 'info')).out).toContain('Task types: FUS FIN GET FRU C1 PR1 \n');
    expect((await cluster.worker('seal-a', 'tasks', 'enable', 'PC1')).code).toBe(0);
    expect(await tasks()).toContain('seal/v0/precommit/1');
    const wrong = await cluster.worker('seal-a', 'tasks', 'enable', 'PRU2');
    expect(wrong).toMatchObject({
      code: 1,
      err: expect.stringContaining("'PRU2' is not a task that can be switched"),
    });
  });

  it('storage attach adds a path with groups and declares the sectors in it', async () => {
    const path = join(cluster.home, 'disk');
    await mkdir(join(path, 'cache/s-t01000-3'), { recursive: true });
    await writeFile(join(path, 'keep'), '');
    const attach = await cluster.worker(
      'seal-a',
      'storage',
      'attach',
      '--init',
      '--seal',
      '--groups=g1',
      '--allow-to=g1,g2',
      path,
    );
    expect(attach).toMatchObject({ code: 0, out: '', err: '' });
    const { ID } = parseSectorStore(await readFile(join(path, 'sectorstore.json'), 'utf8'));
    const { out } = await cluster.miner('storage', 'list');
    const block = out.slice(out.indexOf(`${ID}:`)).split('\n\n')[0];
    expect(block).toContain(
      '\tUnsealed: 0; Sealed: 0; Caches: 1; Updated: 0; Update-caches: 0; Reserved: 0 B\n',
    );
    expect(block).toContain(
      '\tWeight: 10; Use: Seal \n\tGroups: g1\n\tAllowTo: g1, g2\n\tURL: http://127.0.0.1:',
    );
    await writeFile(
      join(path, 'sectorstore.json'),
      JSON.stringify({ ID, Weight: 3, CanSeal: true, Note: 'mine' }),
    );
    expect((await cluster.worker('seal-a', 'storage', 'redeclare', path)).code).toBe(0);
    expect(JSON.parse((await cluster.miner('storage', 'info', ID)).out)).toMatchObject({
      Weight: 3,
      Groups: null,
    });
    expect((await cluster.worker('seal-a', 'storage', 'attach', path, '--init')).err).toContain(
      'flag --init must come before',
    );
  });

  it('miner and worker refuse requests without a token or with too few permissions', async () => {
    const reader = (await cluster.miner('auth', 'create-token', '--perm=read')).out.trim();
    const address = parseMultiaddr(await readFile(join(cluster.home, 'seal-a/api'), 'utf8'));
    const asReader = makeRpcClient<WorkerApi>({ url: rpcUrl(address), token: reader });
    await expect(asReader.call('Info', [])).rejects.toThrow(
      "missing permission to invoke 'Info' (need 'admin')",
    );
    const asStranger = makeRpcClient<WorkerApi>({ url: rpcUrl(address), token: 'forged' });
    await expect(asStranger.call('Info', [])).rejects.toMatchObject({ failure: 'unauthorized' });
    const weak = await cluster.runWorker('weak', ['--listen=127.0.0.1:0'], {
      MINER_API_INFO: `${reader}:/ip4/127.0.0.1/tcp/${cluster.minerPort}/http`,
    });
    expect(await weak.ended).toBe(1);
    expect(weak.log()).toContain('a worker needs admin');
    expect(weak.log()).not.toContain(reader);
  });

  it('a worker refuses a task with an invalid parameter and names the parameter', async () => {
    const address = parseMultiaddr(await readFile(join(cluster.home, 'seal-a/api'), 'utf8'));
    const client = makeRpcClient<Record<string, { params: unknown[]; result: unknown }>>({
      url: rpcUrl(address),
      token: await cluster.token(),
    });
    const ref = { ID: { Miner: 1000, Number: 1 }, ProofType: 5 };
    for (const [params, complaint] of [
      [[{}, 'AA==', []], "'Filecoin.SealPreCommit1' (param: 0)"],
      [[ref, 'AA==', []], '(param: 1): ✖ not 32 bytes'],
      [[ref], 'wrong param count'],
    ] as const)
      await expect(client.call('SealPreCommit1', [...params])).rejects.toThrow(complaint);
    expect(await client.call('RunningCalls', [])).toEqual([]);
  });

  it('after a restart of the miner paths and workers return, and disabled tasks stay disabled', async () => {
    const before = [await sessionOf('seal-a'), await sessionOf('seal-b')];
    const paths = Object.keys(await (await minerRpc()).call('StorageList', [])).toSorted();
    expect((await cluster.miner('stop')).code).toBe(0);
    expect(await miner.ended).toBe(0);
    await expect(stat(join(cluster.home, 'miner/api'))).rejects.toThrow('ENOENT');
    expect((await cluster.worker('seal-a', 'info')).code).toBe(0);
    miner = await cluster.runMiner();
    await expect.poll(hosts, soon).toEqual(['seal-a', 'seal-b', 'the-miner']);
    expect([await sessionOf('seal-a'), await sessionOf('seal-b')]).toEqual(before);
    expect(Object.keys(await (await minerRpc()).call('StorageList', [])).toSorted()).toEqual(paths);
    expect((await cluster.worker('seal-a', 'info')).out).toContain(
      'Task types: FUS FIN GET FRU C1 PC1 PR1 \n',
    );
  });

  it('a second worker on the same repo is refused', async () => {
    const second = await cluster.runWorker('seal-a', ['--listen=127.0.0.1:0']);
    expect(await second.ended).toBe(1);
    expect(second.log()).toContain(`another process uses the repo ${join(cluster.home, 'seal-a')}`);
  });

  it('a killed or paused worker is listed as disabled and is enabled when it returns', async () => {
    const session = await sessionOf('seal-a');
    expect(await workerA.end('SIGKILL')).toBe('SIGKILL');
    expect((await cluster.worker('seal-b', 'set', '--enabled=false')).code).toBe(0);
    await expect.poll(hosts, afterPoll).toEqual(['seal-a (disabled)', 'seal-b (disabled)', 'the-miner']);
    expect((await cluster.worker('seal-b', 'set', '--enabled')).code).toBe(0);
    const port = Number(/\d+$/.exec(await readFile(join(cluster.home, 'seal-a/api'), 'utf8'))?.[0]);
    workerA = await cluster.runWorker('seal-a', [`--listen=127.0.0.1:${port}`]);
    await expect.poll(hosts, afterPoll).toEqual(['seal-a', 'seal-b', 'the-miner']);
    expect(await sessionOf('seal-a')).not.toBe(session);
  }, 60_000);

  it('a stopped worker is removed from listing and index', async () => {
    expect((await cluster.worker('seal-a', 'stop')).code).toBe(0);
    expect(await workerA.ended).toBe(0);
    expect(await hosts()).toEqual(['seal-b', 'the-miner']);
    expect(Object.keys(await (await minerRpc()).call('StorageList', []))).toHaveLength(1);
    expect(await workerB.end('SIGTERM')).toBe(0);
    expect(await hosts()).toEqual(['the-miner']);
    expect(await miner.end('SIGTERM')).toBe(0);
    for (const daemon of ['seal-a', 'seal-b', 'miner'])
      await expect(stat(join(cluster.home, daemon, 'api'))).rejects.toThrow('ENOENT');
  });

  it('miner and workers never log a token', async () => {
    const token = await cluster.token();
    for (const daemon of [miner, workerA, workerB]) {
      expect(daemon.log()).not.toBe('');
      expect(daemon.log()).not.toContain(token);
      expect(daemon.log()).not.toMatch(/eyJ[\w-]+\.[\w-]+\./);
    }
  });
});

describe('a worker that cannot start', () => {
  it('a worker that cannot start exits with 1 and says why and what to do', async () => {
    const few = await cluster.runWorker('few', [], { SEAL_WORKER_MIN_NOFILE: '99999999' });
    expect(await few.ended).toBe(1);
    expect(few.log()).toMatch(
      /may open only \d+ files; a worker needs 99999999\n.*\n {2}fix: .*LimitNOFILE=/,
    );
    const units = await cluster.runWorker('units', [], { PC1_32G_MAX_MEMORY: '64GiB' });
    expect(await units.ended).toBe(1);
    expect(units.log()).toContain("PC1_32G_MAX_MEMORY='64GiB'");
    const mixed = await cluster.runWorker('mixed', ['--windowpost'], { LOTUS_WORKER_COMMIT: 'true' });
    expect(await mixed.ended).toBe(1);
    expect(mixed.log()).toContain('--commit and --windowpost');
    const lonely = await cluster.runWorker('lonely', [], { MINER_API_INFO: '' });
    expect(await lonely.ended).toBe(1);
    expect(lonely.log()).toContain('no miner is running on the repo');
  });

  it('a worker waits for an unreachable miner and ends at a signal', async () => {
    const waiting = await cluster.runWorker('waiting', ['--listen=127.0.0.1:0']);
    await expect.poll(waiting.log, soon).toContain('waiting for the miner');
    expect(await waiting.end('SIGTERM')).toBe(0);
  });
});
