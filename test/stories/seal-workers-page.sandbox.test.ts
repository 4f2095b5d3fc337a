import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MinerApi } from '../../src/lotus/miner-api.ts';
import { makeRpcClient, type RpcClient } from '../../src/lotus/rpc-client.ts';
import { until } from '../miner/sealing/miner-for-test.ts';
import { newCluster, type Cluster, type DaemonProcess } from './daemon-processes.ts';

/** Lotus's page on seal workers, section by section: what daemons.sandbox and storage-group-bytes.sandbox do not show yet. */
let cluster: Cluster;
let left: DaemonProcess;
let right: DaemonProcess;
let miner: RpcClient<MinerApi>;
let gate: string;

beforeAll(async () => {
  cluster = await newCluster();
  await cluster.miner('init', '--actor=f01000', '--sector-size=2KiB', '--no-local-storage');
  const config = join(cluster.home, 'miner/config.toml');
  const text = (await readFile(config, 'utf8'))
    .replace('#BlockDelay = "30s"', 'BlockDelay = "10ms"')
    .replace('#AllowPreCommit1 = true', 'AllowPreCommit1 = false')
    .replace('#AllowCommit = true', 'AllowCommit = false');
  await writeFile(config, text);
  await cluster.runMiner();
  miner = await client(await cluster.token());

  const bin = join(cluster.home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'nvidia-smi'), '#!/bin/sh\necho 0, GPU-aa, Alpha\necho 1, GPU-bb, Beta\n');
  await chmod(join(bin, 'nvidia-smi'), 0o755);
  gate = join(cluster.home, 'gate');
  await writeFile(gate, '');
  const prover = join(cluster.home, 'prover.sh');
  await writeFile(
    prover,
    `while [ -e '${gate}' ]; do /bin/sleep 0.05; done\nprintf %192s proof >"$EXTSEAL_C2_PROOF"\n`,
  );
  const env = (gpu: string) => ({
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    CUDA_VISIBLE_DEVICES: gpu,
    FIL_PROOFS_PARENT_CACHE: join(cluster.home, 'parents'),
  });
  const words = ['--listen=127.0.0.1:0', '--no-local-storage', '--no-default'];
  left = await cluster.runWorker('left', [...words, '--addpiece', '--precommit1'], {
    ...env('0'),
    PC1_2K_MAX_CONCURRENT: '4',
  });
  const proving = ['--precommit2', '--commit', `--external-c2=/bin/sh ${prover}`];
  right = await cluster.runWorker('right', [...words, ...proving], env('1'));
  for (const name of ['left', 'right']) {
    await until(
      () => cluster.worker(name, 'info'),
      ({ code }) => code === 0,
    );
    const path = join(cluster.home, `disk-${name}`);
    const attached = await cluster.worker(name, 'storage', 'attach', '--init', '--seal', '--store', path);
    expect(attached).toMatchObject({ code: 0 });
  }
}, 60_000);

afterAll(() => cluster.tidy());

async function client(token: string): Promise<RpcClient<MinerApi>> {
  return makeRpcClient<MinerApi>({ url: `http://127.0.0.1:${cluster.minerPort}/rpc/v0`, token });
}

/** What `sealing workers` says of one worker. */
async function block(name: string): Promise<string> {
  const { out } = await cluster.miner('sealing', 'workers');
  return out.split(/\n(?=Worker )/).find((part) => part.includes(`, host ${name}\n`)) ?? '';
}

/** The process that computes for a worker, caught as soon as it is there. */
async function computing({ process }: DaemonProcess): Promise<number> {
  const find = (): number | undefined =>
    readdirSync(`/proc/${process.pid}/task`)
      .flatMap((thread) =>
        readFileSync(`/proc/${process.pid}/task/${thread}/children`, 'utf8').trim().split(' '),
      )
      .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').endsWith('compute\0'))
      .map(Number)[0];
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const pid = find();
    if (pid !== undefined) return pid;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('nothing computes');
}

/** C2 among the running tasks, not PC2. */
const provesThere = /[ \t]C2\(1/;

const done = (sector: number, step: string) =>
  until(
    () => miner.call('SectorsStatus', [sector, false]),
    ({ Log }) => Log.some(({ Kind }) => Kind === `done;${step}`),
  );

describe.sequential('the page on seal workers', () => {
  it('a read token watches, and neither works nor changes anything', async () => {
    const token = (await cluster.miner('auth', 'create-token', '--perm=read')).out.trim();
    const reader = await client(token);
    expect(await reader.call('SectorsList', [])).toEqual([]);
    expect(await reader.call('SealingExplain', [])).toEqual([]);
    await expect(reader.call('PledgeSector', [])).rejects.toThrow("need 'write'");
    await expect(reader.call('WorkerConnect', ['http://127.0.0.1:1/rpc/v0'])).rejects.toThrow("need 'admin'");
    await expect(reader.call('SectorsUpdate', [0, 'Removed'])).rejects.toThrow("need 'admin'");
    const metrics = await fetch(`http://127.0.0.1:${cluster.minerPort}/metrics`);
    expect(await metrics.text()).toContain('seal_miner_workers');
  });

  it('Allow switches delegate a phase: the miner does not offer it', async () => {
    const stats = Object.values(await miner.call('WorkerStats', []));
    const tasks = stats.find(({ Info }) => Info.Hostname === 'the-miner')?.Tasks ?? [];
    expect(tasks).toContain('seal/v0/precommit/2');
    expect(tasks).not.toContain('seal/v0/precommit/1');
    expect(tasks).not.toContain('seal/v0/commit/2');
  });

  it('two workers on one host have the GPU each was given', async () => {
    expect(await block('left')).toContain('\tGPU: Alpha, not used');
    expect(await block('left')).not.toContain('Beta');
    expect(await block('right')).toContain('\tGPU: Beta, not used');
    expect(await block('right')).not.toContain('Alpha');
  });

  it('a task shows in the listing of its worker, with its limit and bars that move', async () => {
    expect(await block('left')).toMatch(/\tCPU: {2}\[ {64}\] 0\/\d+ core\(s\) in use/);
    await miner.call('PledgeSector', []);
    const pid = await computing(left);
    process.kill(pid, 'SIGSTOP');
    const shown = await block('left');
    process.kill(pid, 'SIGCONT');
    expect(shown).toContain('PC1(1/4)');
    expect(shown).toMatch(/\tCPU: {2}\[\|+ *\] 1\/\d+ core\(s\) in use/);
    await done(0, 'PC1');
    expect(await block('left')).not.toContain('PC1(1/4)');
  });

  it('a proof shows on the GPU of its worker, and not on the other', async () => {
    await until(
      () => block('right'),
      (text) => provesThere.test(text),
    );
    expect(await block('right')).toContain('\tGPU: Beta, used');
    expect(await block('left')).toContain('\tGPU: Alpha, not used');
  });

  it('tasks disable --all and stop end a worker without a lost task', async () => {
    expect((await cluster.worker('right', 'tasks', 'disable', '--all')).code).toBe(0);
    const stopping = cluster.worker('right', 'stop');
    await until(
      () => cluster.worker('right', 'info'),
      ({ out }) => /^Enabled: *false/im.test(out),
    );
    expect(await block('right')).toMatch(provesThere);
    await rm(gate);
    expect(await stopping).toMatchObject({ code: 0 });
    expect(await right.ended).toBe(0);
    await done(0, 'C2');
    const { Log } = await miner.call('SectorsStatus', [0, false]);
    expect(Log.filter(({ Kind }) => Kind.startsWith('failed'))).toEqual([]);
    expect(await block('right')).toBe('');
  });
});
