import { describe, expect, it } from 'vitest';
import { until } from '../daemons/miner/sealing/miner-for-test.ts';
import type { ManualCluster } from './manual-cluster.ts';

/** The miner listens on the local interface of its machine alone; its name in listings is not that of the machine. */
export async function beginMiner({ miner, configure, runMiner, minerListen }: ManualCluster): Promise<void> {
  const init = ['init', '--actor=f01000', '--sector-size=2KiB', '--no-local-storage'];
  expect(await miner(...init)).toMatchObject({ code: 0 });
  const [, port] = minerListen.split(':');
  await configure({
    ListenAddress: `"/ip4/127.0.0.1/tcp/${port}/http"`,
    LocalWorkerName: '"the-miner"',
    BlockDelay: '"10ms"',
  });
  await runMiner();
}

/** A worker beside the miner, which finds it by its repo, with a path for sealing and for what is sealed. */
export async function runWorkerBesideMiner({ testbed, runWorker, registered }: ManualCluster): Promise<void> {
  const { data } = testbed.host('miner-1');
  await runWorker({
    host: 'miner-1',
    name: 'beside',
    port: 1,
    words: ['--name=beside', '--no-local-storage'],
    env: { LOTUS_MINER_PATH: `${data}/miner` },
  });
  await registered('beside');
}

/** Waits until a sector is sealed and proved. */
export async function proving({ miner }: Pick<ManualCluster, 'miner'>, sector: number): Promise<void> {
  await until(
    () => miner('sectors', 'status', String(sector)),
    ({ out }) => /^Status:\s+Proving$/m.test(out),
    60_000,
  );
}

/** "Miner and worker co-location", and the first half of "Configuring the Lotus Miner sealing capabilities". */
export function oneMachineStories(fixture: { readonly manual: ManualCluster }): void {
  describe('miner and worker on one machine', () => {
    it('a miner alone offers every phase, seals nothing itself, and says that a worker is missing', async () => {
      const { manual } = fixture;
      await beginMiner(manual);
      expect(await manual.miner('sectors', 'pledge')).toMatchObject({ out: 'Created CC sector:  0' });
      expect((await manual.miner('sealing', 'workers')).out).toMatch(/^Worker \S+, host the-miner$/m);
      const { out } = await manual.miner('sealing', 'sched-diag', '--explain');
      expect(out).toContain('no sealing worker is registered');
    });

    it('miner and worker on one machine seal a sector, and the API answers this machine alone', async () => {
      const { manual } = fixture;
      await runWorkerBesideMiner(manual);
      const path = `${manual.testbed.host('miner-1').data}/beside-disk`;
      expect(
        await manual.worker('beside', 'storage', 'attach', '--init', '--seal', '--store', path),
      ).toMatchObject({ code: 0, err: '' });
      await proving(manual, 0);
      expect((await manual.miner('storage', 'find', '0')).out).toMatch(/\(Sealed, Cache\)/);
      const info = (await manual.apiInfo('read')).replace(
        '127.0.0.1',
        manual.minerListen.split(':')[0] ?? '',
      );
      const { code, err } = await manual.minerFromAfar(info, 'sectors', 'list');
      // The hosts of a sandbox share one local interface.
      expect(code === 0, err).toBe(manual.minerListen.startsWith('127.'));
    });
  });
}
