import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../free-ports.ts';
import { until } from '../daemons/miner/sealing/miner-for-test.ts';
import { newCluster, type Cluster, type DaemonProcess } from './daemon-processes.ts';

const first = ['--no-default', '--addpiece', '--precommit1'];
const second = ['--no-default', '--precommit2', '--commit'];
/** Host, storage group, tasks. */
const workers = [
  ['red-1', 'red', first],
  ['red-2', 'red', second],
  ['blue', 'blue', ['--replica-update', '--prove-replica-update2']],
] as const;
const groupOf: ReadonlyMap<string, string> = new Map(workers.map(([name, group]) => [name, group]));
let cluster: Cluster;
let miner: DaemonProcess;

afterEach(async () => cluster.tidy());

async function begin(size: string): Promise<void> {
  cluster = await newCluster();
  await cluster.miner('init', '--actor=f01000', `--sector-size=${size}`, '--no-local-storage');
  // Epochs of a network take half a minute; here they pass in a blink.
  const config = join(cluster.home, 'miner/config.toml');
  await writeFile(
    config,
    (await readFile(config, 'utf8')).replace('#BlockDelay = "30s"', 'BlockDelay = "10ms"'),
  );
  miner = await cluster.runMiner();
  for (const [name, group, tasks] of workers) {
    const listen = `--listen=127.0.0.1:${await freePort()}`;
    const parents = { FIL_PROOFS_PARENT_CACHE: join(cluster.home, 'parents') };
    await cluster.runWorker(name, [listen, '--no-local-storage', ...tasks], parents);
    const path = (use: string): string => join(cluster.home, `${use}-${name}`);
    const attach = (...words: string[]) => cluster.worker(name, 'storage', 'attach', '--init', ...words);
    await until(
      () => cluster.worker(name, 'info'),
      ({ code }) => code === 0,
    );
    const groups = [`--groups=${group}`, `--allow-to=${group}`];
    expect(await attach('--seal', ...groups, path('seal'))).toMatchObject({ code: 0 });
    expect(await attach('--store', path('store'))).toMatchObject({ code: 0 });
  }
}

/** Which worker got which task of which sector, as the miner's log tells it. */
function assigned(task: string): Map<number, string> {
  const lines = miner
    .log()
    .split('\n')
    .filter((line) => line.includes('"task assigned"'))
    .map((line) => JSON.parse(line) as { task: string; sector: number; host: string });
  return new Map(lines.filter((line) => line.task === task).map(({ sector, host }) => [sector, host]));
}

const proving = async (count: number, withinMs: number): Promise<string> =>
  until(
    async () => (await cluster.miner('sectors', 'list')).out,
    (text) => (text.match(/\bProving\b/g) ?? []).length === count,
    withinMs,
  );

/** The files of a sector that any store has, sorted. */
const storedFiles = async (sector: string) => {
  const { out } = await cluster.miner('storage', 'find', sector);
  return [...out.matchAll(/^In \S+ \((.+)\)$/gm)].flatMap(([, types = '']) => types.split(', ')).sort();
};

describe.each([
  ['2KiB', 4],
  ['8MiB', 2],
] as const)('sectors of %s, three workers, two storage groups', (size, count) => {
  it('sectors pass every phase inside their storage group, with the real kernels', async () => {
    await begin(size);
    for (let number = 0; number < count; number += 1)
      expect(await cluster.miner('sectors', 'pledge')).toMatchObject({
        out: `Created CC sector:  ${number}\n`,
      });
    await proving(count, 150_000);
    const [pc1, pc2] = [assigned('PC1'), assigned('PC2')];
    for (let number = 0; number < count; number += 1)
      expect(groupOf.get(pc2.get(number) ?? '')).toBe(groupOf.get(pc1.get(number) ?? 'nobody'));
    for (let number = 0; number < count; number += 1) {
      expect((await cluster.miner('storage', 'find', String(number))).out).toMatch(
        /^In [0-9a-f-]{36} \(Sealed, Cache\)\n\tSealing: false; Storage: true\n/,
      );
      const { out } = await cluster.miner('sectors', 'status', String(number));
      expect(out).toMatch(/^CIDcommR:\tbagboea4b5abc/m);
      expect(out).toMatch(/^Proof:\t\t[0-9a-f]{64}/m);
    }
    expect((await cluster.miner('sealing', 'jobs')).out).toBe(
      'ID  Sector  Worker  Hostname  Task  State  Time\n',
    );
    expect(await readFile(join(cluster.home, 'miner/datastore/miner.json'), 'utf8')).toContain(size);
  });
});

describe('a file', () => {
  it('a file becomes a sector, upgrades another sector, and is removed', async () => {
    await begin('2KiB');
    const file = join(cluster.home, 'data');
    await appendFile(file, 'a page of data '.repeat(60));
    expect((await cluster.miner('sectors', 'pledge')).code).toBe(0);
    expect(await cluster.miner('sectors', 'add-piece', '--seal', file)).toMatchObject({
      out: 'Added 900 B to sector 1 at offset 0\n',
    });
    await proving(2, 120_000);
    expect(await storedFiles('1')).toEqual(['Cache', 'Sealed', 'Unsealed']);
    expect((await cluster.miner('sectors', 'snap-up', '1')).err).toContain('already holds data');
    expect((await cluster.miner('sectors', 'snap-up', '0')).code).toBe(0);
    expect((await cluster.miner('sectors', 'add-piece', file)).out).toContain('to sector 0 at offset 0');
    await proving(2, 60_000);
    // Each file went to whichever long-term store had the most space at that moment.
    expect(await storedFiles('0')).toEqual(['Cache', 'Unsealed', 'Update', 'UpdateCache']);
    expect((await cluster.miner('sectors', 'remove', '1')).err).toContain('--really-do-it');
    expect((await cluster.miner('sectors', 'remove', '--really-do-it', '1')).code).toBe(0);
    await until(
      async () => (await cluster.miner('sectors', 'list', '--show-removed')).out,
      (text) => text.includes('Removed'),
    );
    expect((await cluster.miner('storage', 'find', '1')).out).toBe('');
  });
});
