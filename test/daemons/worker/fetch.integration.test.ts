import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cuttingProxy } from '../base/transfer/hosts.ts';
import { until } from './small-miner.ts';
import { workerLab, type WorkerLab } from './worker-process.ts';
import { freePort } from '../../free-ports.ts';

const ref = { ID: { Miner: 1000, Number: 5 }, ProofType: 5 };
const name = 's-t01000-5';
const sealed = 2;
const bytes = 160_000_000;

let lab: WorkerLab;
let proxy: Awaited<ReturnType<typeof cuttingProxy>>;
let content: Buffer;
let sent: () => Promise<number>;

beforeEach(async () => {
  lab = await workerLab();
  const port = await freePort();
  proxy = await cuttingProxy(port, [30_000_000, 5_000_000]);
  await lab.start('a', [`--listen=127.0.0.1:${port}`, `--advertise=127.0.0.1:${proxy.port}`]);
  content = randomBytes(bytes);
  await writeFile(join(lab.home, 'a/sealed', name), content);
  expect((await lab.command('a', 'storage', 'redeclare', '--all')).code).toBe(0);
  sent = async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(/seal_sector_bytes_total\{direction="sent"\} (\d+)/.exec(text)?.[1]);
  };
}, 90_000);

afterEach(async () => {
  proxy.close();
  await lab.tidy();
});

const digest = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const staged = (): number => {
  const file = join(lab.home, 'b/sealed/fetching', name);
  return existsSync(file) ? statSync(file).size : 0;
};

describe('a fetch between two worker processes', { timeout: 180_000 }, () => {
  it('survives cut connections and the death of the worker, goes on where it was, and moves the file', async () => {
    let b = await lab.start('b');
    const cut = await (await lab.miner.worker()).call('Fetch', [ref, sealed, 'sealing', 'move']);
    await until(() => (staged() > 60_000_000 ? true : undefined), 'a good part of the file');
    await b.end('SIGKILL');
    expect(proxy.cuts()).toBe(2);
    const arrived = staged();
    expect(arrived).toBeLessThan(bytes);
    expect(existsSync(join(lab.home, 'b/sealed', name))).toBe(false);
    // Parts that were already read for the worker that is gone are counted a moment later.
    let before = await sent();
    for (let earlier = -1; earlier !== before; before = await sent()) {
      earlier = before;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }

    b = await lab.start('b');
    expect((await lab.miner.result(cut)).error).toMatchObject({ Code: 101 });
    const again = await (await lab.miner.worker()).call('Fetch', [ref, sealed, 'sealing', 'move']);
    expect(await lab.miner.result(again)).toMatchObject({ method: 'ReturnFetch', error: null });
    expect(digest(readFileSync(join(lab.home, 'b/sealed', name)))).toBe(digest(content));
    expect((await sent()) - before).toBe(bytes - arrived);
    expect(existsSync(join(lab.home, 'a/sealed', name))).toBe(false);
    expect(lab.miner.index.findSector(ref.ID, sealed, 2048, false)).toMatchObject([{ Primary: true }]);
  });
});
