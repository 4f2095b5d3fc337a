import { beforeAll, describe, expect, it } from 'vitest';
import { inSteps } from '../projects/steps.ts';
import { until } from '../daemons/miner/sealing/miner-for-test.ts';
import { apply } from './plans.ts';
import { expectSealedRight } from './sealed-sectors.ts';
import type { SealingTestbed } from './sealing-cluster.ts';
import { openLab, putProvers, serviceOf, type SealingLab } from './sealing-lab.ts';
import type { Fixture } from './fixture.ts';

/** What stories of one testbed alone work with. */
export interface FaultTools {
  readonly lab: () => SealingLab;
  /** Starts a sector that is looked at in the end. */
  readonly pledge: () => Promise<number>;
}

/** Faults while sectors are sealed. Each story lets its sectors go on when its own fault is over; the last one looks at them all. */
export function sealingFaultStories(
  fixture: Fixture<SealingTestbed>,
  more: (tools: FaultTools) => void = () => undefined,
): void {
  let lab: SealingLab;
  const sectors: number[] = [];
  const pledge = async (): Promise<number> => {
    const sector = await lab.pledge();
    sectors.push(sector);
    return sector;
  };

  inSteps('story', async () => {
    await apply(fixture.testbed);
  });
  beforeAll(async () => {
    await putProvers(fixture.testbed);
    await apply(fixture.testbed);
    lab = await openLab(fixture.testbed);
  });

  const layerOf = (sector: number, layer: number): string =>
    `${fixture.testbed.host('worker-1').data}/seal/cache/s-t01000-${sector}/sc-02-data-layer-${layer}.dat`;

  describe('a worker killed with -9', () => {
    it('a worker killed in PC1 starts again and continues after the last complete layer', async () => {
      const { testbed } = fixture;
      await lab.accept('worker-2', 'PC2', false);
      const pid = await testbed.pid('worker-1', serviceOf('worker-1'));
      const sector = await pledge();
      const [first, second] = [layerOf(sector, 1), layerOf(sector, 2)];
      const identity = `stat -c '%i %y' '${first}'`;
      const before = await testbed.shell(
        'worker-1',
        `until [ -e '${first}' ]; do sleep 0.01; done; kill -9 ${pid}; [ ! -e '${second}' ]; ${identity}`,
      );
      await lab.done(sector, 'PC1');
      const after = await testbed.shell('worker-1', identity);
      await lab.accept('worker-2', 'PC2', true);
      const { Log } = await lab.status(sector);
      const messages = Log.filter(({ Kind }) => Kind === 'failed;PC1').map(({ Message }) => Message);
      // On a machine so slow that the lease ends before the worker is back, the miner takes the task back itself.
      const expected = (await lab.takenBack(sector, 'PC1')) > 0 ? [] : ['worker [name: worker-1] restarted'];
      expect(messages).toEqual(expected);
      expect(after).toBe(before);
      expect(await testbed.pid('worker-1', serviceOf('worker-1'))).not.toBe(pid);
    });

    it('a worker killed between the end of a task and its delivery delivers the result after its start', async () => {
      const { testbed } = fixture;
      await lab.gate(['worker-2', 'worker-3'], true);
      const sector = sectors.at(-1)!;
      const host = await lab.runsOn(sector, 'C2');
      await lab.service('miner-1', 'stop');
      await lab.gate([host], false);
      const calls = `${testbed.layout(host).repos}/main/datastore/calls`;
      await testbed.shell(host, `until grep -q outcome '${calls}'/*.json; do sleep 0.05; done`);
      await lab.kill(host);
      await lab.service('miner-1', 'start');
      await lab.done(sector, 'C2');
      expect(await lab.times(sector, 'failed;C2')).toBe(0);
      await lab.gate(['worker-2', 'worker-3'], false);
    });
  });

  describe('the miner killed with -9', () => {
    it('a killed miner finds the running tasks again and starts none twice', async () => {
      await lab.gate(['worker-2', 'worker-3'], true);
      const sector = await pledge();
      const host = await lab.runsOn(sector, 'C2');
      const running = async () =>
        (await lab.worker(host).call('RunningCalls', [])).map(({ ID, Method }) => ({ ID, Method }));
      const before = await running();
      expect(before).toMatchObject([{ Method: 'SealCommit2' }]);
      await lab.kill('miner-1');
      await lab.back('miner-1');
      expect(await lab.runsOn(sector, 'C2')).toBe(host);
      expect(await running()).toEqual(before);
      expect((await lab.begun(sector)).filter((method) => method === 'SealCommit2')).toHaveLength(1);
    });
  });

  describe('a worker that is frozen past its lease', () => {
    it('a worker frozen past its lease loses its task to another, and its late result is not used', async () => {
      const { testbed } = fixture;
      const sector = sectors.at(-1)!;
      const slow = await lab.runsOn(sector, 'C2');
      const other = slow === 'worker-2' ? 'worker-3' : 'worker-2';
      await testbed.freeze(slow);
      await until(
        () => lab.runsOn(sector, 'C2'),
        (host) => host === other,
        60_000,
      );
      await lab.gate([other], false);
      await lab.done(sector, 'C2');
      await testbed.thaw(slow);
      await lab.gate([slow], false);
      await until(
        () => lab.worker(slow).call('RunningCalls', []),
        (calls) => calls.every(({ ID }) => ID.Sector.Number !== sector),
        60_000,
      );
      expect((await lab.begun(sector)).filter((method) => method === 'SealCommit2')).toHaveLength(2);
    });
  });

  describe('a fetch', () => {
    it('a fetch with damaged bytes and a lost source resumes and never keeps damaged bytes', async () => {
      const { testbed } = fixture;
      testbed.proxy.slow(6 * 2 ** 20);
      const damaged = testbed.proxy.corrupt();
      const sector = await pledge();
      await damaged;
      await testbed.proxy.passed(3 * 2 ** 20);
      await testbed.cut();
      await until(
        () => lab.miner.call('WorkerStats', []),
        (workers) =>
          Object.values(workers).some(({ Info, Enabled }) => Info.Hostname === 'worker-1' && !Enabled),
      );
      testbed.proxy.slow(Infinity);
      await testbed.heal();
      await lab.done(sector, 'PC2');
      expect(
        (await lab.status(sector)).Log.filter(
          ({ Kind, Message }) => Kind === 'failed;PC2' && !Message.includes('fetched'),
        ),
      ).toEqual([]);
    });
  });

  more({ lab: () => lab, pledge });

  describe('everything', () => {
    it('all daemons restarted at once return without help and continue', async () => {
      const { testbed } = fixture;
      const sector = await pledge();
      await lab.done(sector, 'AP:0');
      await testbed.powerCut();
      for (const host of ['miner-1', 'worker-1', 'worker-2', 'worker-3'] as const) await lab.back(host);
    });

    it('after all faults every sector is Proving with the bytes and proof of the kernels, and none was sealed twice', async () => {
      await lab.proving(sectors);
      for (const sector of sectors) await expectSealedRight(fixture.testbed, lab, sector);
    });
  });

  describe('a worker that is lost for good', () => {
    it('the task of a worker that is lost for good is done by another after the lease', async () => {
      const { testbed } = fixture;
      await lab.gate(['worker-3'], true);
      await lab.accept('worker-2', 'C2', false);
      const sector = await pledge();
      expect(await lab.runsOn(sector, 'C2')).toBe('worker-3');
      const left = ['worker-1', 'worker-2'] as const;
      await testbed.lose('worker-3');
      await lab.accept('worker-2', 'C2', true);
      await lab.proving([sector]);
      expect(await lab.takenBack(sector, 'C2')).toBe(1);
      expect((await lab.begun(sector, left)).filter((method) => method === 'SealCommit2')).toHaveLength(1);
      await expectSealedRight(testbed, lab, sector, left);
    });
  });
}
