import { describe, expect, it } from 'vitest';
import { until } from '../miner/sealing/miner-for-test.ts';
import type { SealingGround } from './sealing-cluster.ts';
import type { FaultTools } from './sealing-faults.ts';
import type { Stage } from './stage.ts';

/** A sealing path that is full. Wants a disk of its own under worker-1's sealing path. */
export function diskFaultWhileSealing(stage: Stage<SealingGround>, { lab, pledge }: FaultTools): void {
  describe('a disk that fills up during PC1', () => {
    it('is told, costs the sector nothing, and PC1 is made when there is room again', async () => {
      const { ground } = stage;
      const path = `${ground.host('worker-1').data}/seal`;
      const sector = await pledge();
      const tree = `${path}/cache/s-t01000-${sector}/sc-02-data-tree-d.dat`;
      await ground.shell(
        'worker-1',
        `until [ -e '${tree}' ]; do sleep 0.005; done; cat /dev/zero >'${path}/filler' 2>/dev/null || :`,
      );
      const { Log } = await until(
        () => lab().status(sector),
        (status) => status.Log.some(({ Kind }) => Kind === 'failed;PC1'),
        60_000,
      );
      const [failure] = Log.filter(({ Kind }) => Kind === 'failed;PC1');
      expect(failure?.Message).toMatch(/no space left|too little room/i);
      expect((await lab().status(sector)).State).toBe('PreCommit1');
      await ground.shell('worker-1', `rm '${path}/filler'`);
      await lab().done(sector, 'PC1');
    });
  });
}
