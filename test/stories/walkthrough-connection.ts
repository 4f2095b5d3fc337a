import { describe, expect, it } from 'vitest';
import { taskNameOf, impliedTasks, type TaskCode } from '../../src/core/lotus/task-type.ts';
import type { ManualCluster } from './manual-cluster.ts';
import { proving, runWorkerBesideMiner } from './walkthrough-one-machine.ts';

/** The switches of the page, and that for downloads. */
const switches = [
  'AllowAddPiece',
  'AllowPreCommit1',
  'AllowPreCommit2',
  'AllowCommit',
  'AllowUnseal',
  'AllowReplicaUpdate',
  'AllowProveReplicaUpdate2',
  'AllowRegenSectorKey',
  'AllowSectorDownload',
];
/** What they delegate. */
const delegated: readonly TaskCode[] = ['AP', 'DC', 'PC1', 'PC2', 'C2', 'UNS', 'RU', 'PR2', 'GSK', 'DL'];

/** What a worker is called for in all phases of a sector's life. */
const everyPhase = [
  'AddPiece',
  'FinalizeReplicaUpdate',
  'FinalizeSector',
  'GenerateSectorKeyFromData',
  'ProveReplicaUpdate1',
  'ProveReplicaUpdate2',
  'ReplicaUpdate',
  'SealCommit1',
  'SealCommit2',
  'SealPreCommit1',
  'SealPreCommit2',
  'UnsealPiece',
];

/** "Setting up the Lotus Miner". */
export function connectionStories(fixture: { readonly manual: ManualCluster }): void {
  /** The tasks that the miner offers to do itself. */
  const offered = async (): Promise<string[]> => {
    const stats = Object.values(await (await fixture.manual.minerRpc()).call('WorkerStats', []));
    const own = stats.find(({ Info }) => Info.Hostname === 'the-miner');
    return (own?.Tasks ?? []).toSorted();
  };

  describe('a miner whose API is opened', () => {
    it('a miner with an open API answers another host that has a token', async () => {
      const { manual } = fixture;
      expect(await manual.worker('beside', 'stop')).toMatchObject({ code: 0 });
      await manual.stopMiner();
      const [address, port] = manual.minerListen.split(':');
      await manual.configure({
        ListenAddress: `"/ip4/${address}/tcp/${port}/http"`,
        RemoteListenAddress: `"${manual.minerListen}"`,
      });
      await manual.runMiner();
      const info = await manual.apiInfo('admin');
      expect(info).toContain(`:/ip4/${address}/tcp/${port}/http`);
      const { code, out } = await manual.minerFromAfar(info, 'sealing', 'workers');
      expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('host the-miner') });
      const [, ...withoutToken] = info.split(':');
      expect((await manual.minerFromAfar(withoutToken.join(':'), 'sealing', 'workers')).code).toBe(1);
    });

    it('a read token can list from another host and can neither run tasks nor change anything', async () => {
      const { manual } = fixture;
      const info = await manual.apiInfo('read');
      const reader = (...words: string[]) => manual.minerFromAfar(info, ...words);
      expect((await reader('sectors', 'list')).out).toMatch(/\bProving\b/);
      expect((await reader('sectors', 'status', '0')).out).toMatch(/^Status:\s+Proving$/m);
      const [token = ''] = info.split(':');
      expect(await reader('sealing', 'sched-diag', '--explain')).toMatchObject({
        code: 0,
        out: 'No task waits for a worker.',
      });
      const headers = { Authorization: `Bearer ${token}` };
      const metrics = await fetch(`http://${manual.minerListen}/metrics`, { headers });
      expect(await metrics.text()).toContain('seal_miner_workers');
      for (const [need, ...words] of [
        ['write', 'sectors', 'pledge'],
        ['admin', 'sectors', 'remove', '--really-do-it', '0'],
        ['admin', 'sectors', 'unseal', '0'],
      ] as const)
        expect(await reader(...words)).toMatchObject({
          code: 1,
          err: expect.stringContaining(`need '${need}'`),
        });
      await manual.runWorker({
        host: 'worker-1',
        name: 'reader',
        port: 0,
        words: ['--no-local-storage'],
        env: { MINER_API_INFO: info },
      });
      expect(await manual.ended('reader')).toBe(1);
      const log = await manual.log('reader');
      expect(log).toContain("the worker's token permits read; a worker needs admin");
      expect(log).not.toContain(token);
    });
  });

  describe('the Allow switches of the miner', () => {
    it('the Allow switches are on by default; switched off, the miner keeps only the tasks of every worker', async () => {
      const { manual } = fixture;
      expect(await offered()).toEqual(expect.arrayContaining(delegated.map(taskNameOf)));
      await manual.stopMiner();
      await manual.configure(Object.fromEntries(switches.map((key) => [key, 'false'])));
      await manual.runMiner();
      expect(await offered()).toEqual(impliedTasks.map(taskNameOf).toSorted());
    });

    it('with the Allow switches off a worker does every phase: sealing, upgrade, key regeneration, unsealing', async () => {
      const { manual } = fixture;
      await runWorkerBesideMiner(manual);
      const run = async (...words: string[]) =>
        expect(await manual.miner(...words)).toMatchObject({ code: 0 });
      const file = `${manual.testbed.host('miner-1').data}/data`;
      await manual.testbed.shell('miner-1', `head -c 900 /dev/zero | tr '\\0' x >'${file}'`);
      await run('sectors', 'pledge');
      await run('sectors', 'snap-up', '0');
      await run('sectors', 'add-piece', file);
      await proving(manual, 0);
      await proving(manual, 1);
      await run('sectors', 'regenerate', '0');
      await run('sectors', 'unseal', '1');
      const log = async (sector: string) => (await manual.miner('sectors', 'status', '--log', sector)).out;
      const soon = { timeout: 60_000, interval: 200 };
      await expect.poll(() => log('0'), soon).toMatch(/done;GSK[^]*done;store/);
      await expect.poll(() => log('1'), soon).toMatch(/done;UNS[^]*done;store/);
      expect(await begun(manual)).toEqual(expect.arrayContaining(everyPhase));
      expect(await manual.worker('beside', 'stop')).toMatchObject({ code: 0 });
    });
  });
}

/** The methods by which the worker beside the miner was called. */
async function begun(manual: ManualCluster): Promise<string[]> {
  const lines = (await manual.log('beside')).split('\n').filter((line) => line.includes('"task started"'));
  return [...new Set(lines.map((line) => (JSON.parse(line) as { method: string }).method))].toSorted();
}
