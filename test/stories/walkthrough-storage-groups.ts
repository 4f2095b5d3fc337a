import { beforeAll, describe, expect, it } from 'vitest';
import { taskNameOf } from '../../src/core/lotus/task-type.ts';
import { until } from '../daemons/miner/sealing/miner-for-test.ts';
import type { ManualCluster } from './manual-cluster.ts';

/** The use case of Lotus's page on seal workers: workers 1 and 2 do PC1 and PC2, worker 3 does PC1 for worker 1. */
const stores = {
  'worker-1': { groups: ['example-seal-group-1'], allowTo: ['example-seal-group-1'] },
  'worker-2': { groups: ['example-seal-group-2'], allowTo: ['example-seal-group-2'] },
  'worker-3': { groups: [], allowTo: ['example-seal-group-1'] },
} as const;
type Name = keyof typeof stores;
const names = Object.keys(stores) as Name[];

/** "Running Multiple Lotus Workers": the bytes that three workers receive, with storage groups and without. */
export function storageGroupByteStories(fixture: { readonly manual: ManualCluster }): void {
  const pathOf = (name: Name): string => `${fixture.manual.testbed.host(name).data}/seal-${name}`;

  /** Lets a worker take these tasks, and not the others of the story. */
  async function take(name: Name, tasks: readonly ('AP' | 'PC1' | 'PC2')[]): Promise<void> {
    const rpc = await fixture.manual.workerRpc(name);
    for (const code of ['AP', 'PC1', 'PC2'] as const)
      await rpc.call(tasks.includes(code) ? 'TaskEnable' : 'TaskDisable', [taskNameOf(code)]);
  }

  async function pledge(): Promise<number> {
    return (await (await fixture.manual.minerRpc()).call('PledgeSector', [])).Number;
  }

  async function reached(sector: number, kind: string): Promise<void> {
    const miner = await fixture.manual.minerRpc();
    await until(
      () => miner.call('SectorsStatus', [sector, false]),
      ({ Log }) => Log.some(({ Kind }) => Kind === kind),
    );
  }

  /** A new sector whose PC1 is done by this worker; its files are looked for there, so nobody may take PC2 yet. */
  async function sealedBy(name: Name): Promise<number> {
    const sector = await pledge();
    await reached(sector, 'done;PC1');
    const miner = await fixture.manual.minerRpc();
    const [path] = (await (await fixture.manual.workerRpc(name)).call('Paths', [])) ?? [];
    expect(
      await miner.call('StorageFindSector', [{ Miner: 1000, Number: sector }, 2, 2048, false]),
    ).toMatchObject([{ ID: path?.ID }]);
    return sector;
  }

  /** Bytes of sector files that a worker has received since it started. */
  async function received(name: Name): Promise<number> {
    const { manual } = fixture;
    const headers = { Authorization: `Bearer ${await manual.token()}` };
    const text = await (await fetch(`${manual.workerUrl(name)}/metrics`, { headers })).text();
    return Number(/seal_sector_bytes_total\{direction="received"\} (\d+)/.exec(text)?.[1] ?? 0);
  }

  const receivedByAll = () => Promise.all(names.map(received));

  /** The three workers, each with its path. */
  async function begin(): Promise<void> {
    const { manual } = fixture;
    await manual.stopMiner();
    // No seed comes while the stories last, so that nothing but AP, PC1 and PC2 moves files.
    await manual.configure({ BlockDelay: '"30s"' });
    await manual.runMiner();
    const info = await manual.apiInfo('admin');
    for (const name of names) {
      const words = [`--name=${name}`, '--no-local-storage'];
      await manual.runWorker({ host: name, name, port: 1, words, env: { MINER_API_INFO: info } });
      await manual.registered(name);
      const groups = stores[name].groups.map((group) => `--groups=${group}`);
      const allow = stores[name].allowTo.map((group) => `--allow-to=${group}`);
      const attach = ['storage', 'attach', '--init', '--seal', ...groups, ...allow, pathOf(name)];
      expect(await manual.worker(name, ...attach)).toMatchObject({ code: 0 });
    }
  }

  describe('three workers with storage groups', () => {
    beforeAll(begin);

    it('with storage groups a sector stays on its worker although another is idle, and no byte is transferred', async () => {
      await take('worker-1', ['AP', 'PC1']);
      await take('worker-2', ['PC2']);
      await take('worker-3', []);
      const sector = await sealedBy('worker-1');
      const miner = await fixture.manual.minerRpc();
      const waiting = ({ TaskType, Sector }: { TaskType: string; Sector: { Number: number } }) =>
        TaskType === taskNameOf('PC2') && Sector.Number === sector;
      const list = await until(
        () => miner.call('SealingExplain', []),
        (requests) => requests.some(waiting),
      );
      expect(list.find(waiting)?.Reasons).toContainEqual(
        expect.objectContaining({
          Hostname: 'worker-2',
          Reason: 'outside the storage groups that may fetch the files: example-seal-group-1',
        }),
      );
      await take('worker-1', ['PC2']);
      await reached(sector, 'done;PC2');
      expect(await receivedByAll()).toEqual([0, 0, 0]);
    });

    it('with storage groups worker 3 sends its files to worker 1 alone', async () => {
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
    it('without storage groups a sector moves to an idle worker', async () => {
      const { manual } = fixture;
      for (const name of names) {
        const file = `${pathOf(name)}/sectorstore.json`;
        const store = JSON.parse(await manual.testbed.shell(name, `cat '${file}'`)) as object;
        const open = JSON.stringify({ ...store, Groups: null, AllowTo: null });
        await manual.testbed.shell(name, `echo '${open}' >'${file}'`);
        expect(await manual.worker(name, 'storage', 'redeclare', '--all')).toMatchObject({ code: 0 });
      }
      await take('worker-3', []);
      await take('worker-1', ['AP', 'PC1']);
      const sector = await pledge();
      await reached(sector, 'done;PC2');
      expect(await received('worker-2')).toBeGreaterThan(2 * 2048);
    });
  });
}
