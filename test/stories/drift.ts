import { describe, expect, it } from 'vitest';
import { daemonCommand, listedWorkers } from './daemons.ts';
import type { Testbed } from './testbed.ts';
import { apply, expectNothingToDo, plan, plannedLines } from './plans.ts';
import type { Fixture } from './fixture.ts';

const worker = 'sealctl-worker-main';

/** What people do to hosts by hand, and what happens to processes by themselves. */
export function driftStories(fixture: Fixture): void {
  describe('a host that was changed by hand', () => {
    it('every manual change of a host is shown as drift, apart from changes of cluster.yaml', async () => {
      const { testbed } = fixture;
      const unit = unitEdit(testbed, 'worker-3');
      const { environment } = testbed.layout('worker-1');
      await testbed.shell(
        'worker-1',
        `sed -i 's/^PC2_2K_MAX_CONCURRENT=.*/PC2_2K_MAX_CONCURRENT="9"/' '${environment}/worker-main.env'`,
      );
      await daemonCommand(testbed, 'worker-1', 'worker-main', 'tasks disable PC1');
      const store = `${testbed.host('worker-2').data}/seal/sectorstore.json`;
      await testbed.shell('worker-2', `sed -i 's/"group-2"/"somebody-elses"/' '${store}'`);
      await testbed.shell('worker-3', unit.script);
      await testbed.shell('worker-3', stopScript(testbed, 'worker-3'));
      expect(await testbed.pid('worker-3', worker)).toBeUndefined();

      const lines = await plannedLines(testbed);
      const data = testbed.host('worker-2').data;
      expect(lines).toEqual([
        'drift: worker-1/worker/main/env PC2_2K_MAX_CONCURRENT: "9" -> "1" [live]',
        expect.stringMatching(/^drift: worker-1\/worker\/main\/tasks tasks: \[.*\] -> \[.*PC1.*\] \[live\]$/),
        `drift: worker-2/worker/main/storage${data}/seal Groups: [somebody-elses] -> [group-2] [redeclare]`,
        `drift: worker-2/worker/main/storage${data}/seal AllowTo: [somebody-elses] -> [group-2] [redeclare]`,
        `drift: worker-3/worker/main/unit ${unit.field} [live]`,
        'drift: worker-3/worker/main/service state: "inactive" -> "active" [live]',
      ]);
      const { out } = await testbed.sealctl('plan');
      expect(out).toContain('Drift: changed on the host since the last apply');
      expect(out).not.toMatch(/^Changes$/m);
    });

    it('one apply repairs drift and restarts no process that runs as configured', async () => {
      const { testbed } = fixture;
      const before = [await testbed.pid('worker-1', worker), await testbed.pid('worker-2', worker)];
      await apply(testbed);
      expect([await testbed.pid('worker-1', worker), await testbed.pid('worker-2', worker)]).toEqual(before);
      expect(await testbed.pid('worker-3', worker)).toBeDefined();
      expect(await listedWorkers(testbed, 'miner-1')).toEqual(['worker-1', 'worker-2', 'worker-3']);
      expect(await daemonCommand(testbed, 'worker-1', 'worker-main', 'info')).toMatch(
        /^Task types: .*\bPC1\b/m,
      );
    });
  });

  describe('a worker whose process was killed', () => {
    it('a killed worker starts again, registers, and needs no apply', async () => {
      const { testbed } = fixture;
      const pid = await testbed.pid('worker-1', worker);
      await testbed.shell('worker-1', `kill -9 ${pid}`);
      const back = { timeout: 30_000, interval: 250 };
      await expect.poll(async () => testbed.pid('worker-1', worker), back).not.toBe(pid);
      await expect.poll(async () => testbed.pid('worker-1', worker), back).toBeDefined();
      await expect.poll(async () => (await plan(testbed)).code, { timeout: 40_000, interval: 500 }).toBe(0);
      await expectNothingToDo(testbed);
      expect(await listedWorkers(testbed, 'miner-1')).toContain('worker-1');
    });
  });
}

/** An edit that changes how long the service is waited for before it is started again. */
function unitEdit(
  { services, layout }: Testbed,
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

function stopScript({ services, layout }: Testbed, host: string): string {
  const folder = layout(host).services;
  return services === 'systemd'
    ? `systemctl stop ${worker}`
    : `sh '${folder}/supervisor' stop '${folder}/${worker}'`;
}
