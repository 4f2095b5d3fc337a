import { describe, expect, it } from 'vitest';
import { daemonCommand, listedWorkers } from './daemons.ts';
import type { StoryGround } from './ground.ts';
import { apply, expectNothingToDo, plan, plannedLines } from './plans.ts';
import type { Stage } from './stage.ts';

const worker = 'sealctl-worker-main';

/** What people do to hosts by hand, and what happens to processes by themselves. */
export function driftStories(stage: Stage): void {
  describe('a host that was changed by hand', () => {
    it('is shown as drift, apart from changes, wherever it was changed', async () => {
      const { ground } = stage;
      const unit = unitEdit(ground, 'worker-3');
      const { environment } = ground.layout('worker-1');
      await ground.shell(
        'worker-1',
        `sed -i 's/^PC2_2K_MAX_CONCURRENT=.*/PC2_2K_MAX_CONCURRENT="9"/' '${environment}/worker-main.env'`,
      );
      await daemonCommand(ground, 'worker-1', 'worker-main', 'tasks disable PC1');
      const store = `${ground.host('worker-2').data}/seal/sectorstore.json`;
      await ground.shell('worker-2', `sed -i 's/"group-2"/"somebody-elses"/' '${store}'`);
      await ground.shell('worker-3', unit.script);
      await ground.shell('worker-3', stopScript(ground, 'worker-3'));
      expect(await ground.pid('worker-3', worker)).toBeUndefined();

      const lines = await plannedLines(ground);
      const data = ground.host('worker-2').data;
      expect(lines).toEqual([
        'drift: worker-1/worker/main/env PC2_2K_MAX_CONCURRENT: "9" -> "1" [live]',
        expect.stringMatching(/^drift: worker-1\/worker\/main\/tasks tasks: \[.*\] -> \[.*PC1.*\] \[live\]$/),
        `drift: worker-2/worker/main/storage${data}/seal Groups: [somebody-elses] -> [group-2] [redeclare]`,
        `drift: worker-2/worker/main/storage${data}/seal AllowTo: [somebody-elses] -> [group-2] [redeclare]`,
        `drift: worker-3/worker/main/unit ${unit.field} [live]`,
        'drift: worker-3/worker/main/service state: "inactive" -> "active" [live]',
      ]);
      const { out } = await ground.sealctl('plan');
      expect(out).toContain('Drift: changed on the host since the last apply');
      expect(out).not.toMatch(/^Changes$/m);
    });

    it('is fixed by one apply, which restarts no process that runs rightly', async () => {
      const { ground } = stage;
      const before = [await ground.pid('worker-1', worker), await ground.pid('worker-2', worker)];
      await apply(ground);
      expect([await ground.pid('worker-1', worker), await ground.pid('worker-2', worker)]).toEqual(before);
      expect(await ground.pid('worker-3', worker)).toBeDefined();
      expect(await listedWorkers(ground, 'miner-1')).toEqual(['worker-1', 'worker-2', 'worker-3']);
      expect(await daemonCommand(ground, 'worker-1', 'worker-main', 'info')).toMatch(
        /^Task types: .*\bPC1\b/m,
      );
    });
  });

  describe('a worker whose process was killed', () => {
    it('comes back by itself, registers again, and needs no apply', async () => {
      const { ground } = stage;
      const pid = await ground.pid('worker-1', worker);
      await ground.shell('worker-1', `kill -9 ${pid}`);
      const back = { timeout: 30_000, interval: 250 };
      await expect.poll(async () => ground.pid('worker-1', worker), back).not.toBe(pid);
      await expect.poll(async () => ground.pid('worker-1', worker), back).toBeDefined();
      await expect.poll(async () => (await plan(ground)).code, { timeout: 40_000, interval: 500 }).toBe(0);
      await expectNothingToDo(ground);
      expect(await listedWorkers(ground, 'miner-1')).toContain('worker-1');
    });
  });
}

/** An edit that changes how long the service is waited for before it is started again. */
function unitEdit(
  { services, layout }: StoryGround,
  host: string,
): { readonly script: string; readonly field: string } {
  const folder = layout(host).services;
  return services === 'systemd'
    ? {
        script: `sed -i 's/^RestartSec=.*/RestartSec=77/' '${folder}/${worker}.service'`,
        field: 'RestartSec: "77" -> "5"',
      }
    : {
        script: `sed -i 's/^restart_delay_s=.*/restart_delay_s=77/' '${folder}/${worker}/run'`,
        field: 'restart_delay_s: "77" -> "5"',
      };
}

function stopScript({ services, layout }: StoryGround, host: string): string {
  const folder = layout(host).services;
  return services === 'systemd'
    ? `systemctl stop ${worker}`
    : `sh '${folder}/supervisor' stop '${folder}/${worker}'`;
}
