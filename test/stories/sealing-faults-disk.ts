import { describe, expect, it } from 'vitest';
import { until } from '../daemons/miner/sealing/miner-for-test.ts';
import { holdNextTask } from './held-task.ts';
import type { SealingTestbed } from './sealing-cluster.ts';
import type { FaultTools } from './sealing-faults.ts';
import { serviceOf } from './sealing-lab.ts';
import type { Fixture } from './fixture.ts';

/** Of an 8MiB sector: tree D, the first layer, and half of the second. What is to become the replica is a file of zeros, which take none. */
const roomForOneLayer = (16 + 8 + 4) * 2 ** 20;

/** A sealing path that is full. Wants a disk of its own under worker-1's sealing path. */
export function diskFaultWhileSealing(fixture: Fixture<SealingTestbed>, { lab, pledge }: FaultTools): void {
  describe('a disk that fills up during PC1', () => {
    it('a full disk in PC1 is reported, is not a failure of the sector, and PC1 succeeds once there is space', async () => {
      const { testbed } = fixture;
      const shell = (script: string) => testbed.shell('worker-1', script);
      const path = `${testbed.host('worker-1').data}/seal`;
      const worker = await testbed.pid('worker-1', serviceOf('worker-1'));
      const { held, goOn } = await holdNextTask(testbed, 'worker-1', worker);
      const sector = await held(pledge);
      const files = `'${path}'/cache/s-t01000-${sector} '${path}'/sealed/s-t01000-${sector}`;
      const layer = `stat -c '%i %y' '${path}'/cache/s-t01000-${sector}/sc-02-data-layer-1.dat`;
      await shell(
        `there=$(du -csB1 ${files} 2>/dev/null | tail -n 1 | cut -f1)
         # With what the file system keeps for root, which the worker is.
         free=$(($(stat -fc '%f * %S' '${path}')))
         fallocate -l $((free - ${roomForOneLayer} + there)) '${path}/filler'`,
      );
      try {
        await goOn();
        const { Log } = await until(
          () => lab().status(sector),
          (status) => status.Log.some(({ Kind }) => Kind === 'failed;PC1'),
          60_000,
        );
        const [failure] = Log.filter(({ Kind }) => Kind === 'failed;PC1');
        expect(failure?.Message).toMatch(/no space left/i);
        expect((await lab().status(sector)).State).toBe('PreCommit1');
        const made = await shell(layer);
        await shell(`rm '${path}/filler'`);
        await lab().done(sector, 'PC1');
        expect(await shell(layer)).toBe(made);
      } finally {
        // What comes after this story needs the space.
        await shell(`rm -f '${path}/filler'`);
      }
    });
  });
}
