import { describe, expect, it } from 'vitest';
import { hostKeys } from './cluster-file.ts';
import { listedWorkers } from './daemons.ts';
import { environmentOf, expectRound, failedApply, restartNeeded, workerService } from './faults.ts';
import type { Testbed } from './testbed.ts';
import { apply, applyRepair, expectNothingToDo, plan } from './plans.ts';
import { giveScript, takeScript } from './script-release.ts';
import type { Fixture } from './fixture.ts';

const host = 'worker-1';
const soon = { timeout: 30_000, interval: 250 };

/** Releases that do not stay up, and processes that hang. */
export function daemonFaultStories(fixture: Fixture): void {
  const release = (name: string, script: string, hosts: readonly string[]) =>
    giveScript(fixture, name, script, hosts);
  const goodRelease = (hosts: readonly string[]) => takeScript(fixture, hosts);

  describe('a release whose program ends at once', () => {
    it('a release that exits at once fails with its output, host and step, and the previous release repairs it', async () => {
      const { testbed } = fixture;
      const program = await programOf(testbed, host);
      release('broken', 'echo "no such instruction on this CPU" >&2; exit 1', [host]);
      const { out, err } = await failedApply(testbed);
      expect(out).toMatch(
        /^worker-1: step \d+: start sealctl-worker-main: FAILED: start sealctl-worker-main: the service did not stay up$/m,
      );
      expect(err).toContain('--> host worker-1');
      expect(err).toContain('no such instruction on this CPU');
      goodRelease([host]);
      await applyRepair(testbed);
      expect(await programOf(testbed, host)).toBe(program);
    });
  });

  describe('a canary whose release does not stay up', () => {
    it('a canary that does not stay up is rolled back with its configuration, and no other host is started', async () => {
      const { testbed, cluster } = fixture;
      const program = await programOf(testbed, host);
      const environment = await configurationOf(testbed);
      const others = await testbed.pid('worker-2', workerService);
      cluster.edit((draft) => {
        draft.rollout = { ...draft.rollout, canary: host, healthyFor: '30s' };
      });
      release('looping', `exec timeout -k 1 12 '${program}' "$@"`, [host, 'worker-2']);
      restartNeeded(fixture, [host, 'worker-2']);
      const { out, err } = await failedApply(testbed);
      expect(out).toMatch(
        /^worker-1: step \d+: health gate: FAILED: sealctl-worker-main did not stay up on worker-1$/m,
      );
      expect(out).toMatch(/^worker-1: rolled back to its previous release and configuration$/m);
      expect(out).toMatch(/^not started \(worker-1 failed\): worker-2$/m);
      expect(err).toContain('--> host worker-1');
      expect(await programOf(testbed, host)).toBe(program);
      expect(await configurationOf(testbed)).toEqual(environment);
      expect(await testbed.pid('worker-2', workerService)).toBe(others);
    });

    it('after a rollback, restoring cluster.yaml leaves nothing to apply', async () => {
      const { testbed, cluster } = fixture;
      const before = await environmentOf(testbed, host);
      goodRelease([host, 'worker-2']);
      cluster.edit((draft) => {
        const round = before.find((line) => line.startsWith('FAULT_ROUND='))?.split('=')[1];
        for (const each of [host, 'worker-2']) {
          if (round === undefined) delete hostKeys(draft, each).env;
          else hostKeys(draft, each).env = { FAULT_ROUND: round };
        }
        draft.rollout = { maxUnavailable: 2, healthyFor: '1s' };
      });
      await expect
        .poll(async () => listedWorkers(testbed, 'miner-1'), soon)
        .toEqual(['worker-1', 'worker-2']);
      await expectNothingToDo(testbed);
    });
  });

  describe('a service that ignores SIGTERM', () => {
    it('a service that ignores SIGTERM is killed after its stop timeout, and the apply continues', async () => {
      const { testbed } = fixture;
      const program = await programOf(testbed, host);
      release('stubborn', `trap '' TERM\n'${program}' "$@" &\nwait $!\nwhile :; do sleep 1; done`, [host]);
      const { out, err } = await testbed.sealctl('apply', '--yes');
      expect(out, err).toContain('worker-1: done in');
      await testbed.shell(host, shorterStop(testbed, host));
      goodRelease([host]);
      await apply(testbed);
      expect(await programOf(testbed, host)).toBe(program);
    });
  });

  describe('a worker whose process lives but does not answer', () => {
    it('an unresponsive worker makes the plan incomplete, is not restarted, and needs no change once it answers', async () => {
      const { testbed } = fixture;
      const pid = await testbed.pid(host, workerService);
      await testbed.shell(host, `kill -STOP ${pid}`);
      try {
        const { code, document } = await plan(testbed);
        expect(code).toBe(1);
        expect(document.complete).toBe(false);
        expect(document.hosts.flatMap(({ findings }) => findings)).toContainEqual(
          expect.objectContaining({
            code: 'daemon-unresponsive',
            summary: 'main on worker-1 runs but does not answer',
          }),
        );
        expect(await testbed.pid(host, workerService)).toBe(pid);
      } finally {
        await testbed.shell(host, `kill -CONT ${pid}`);
      }
      await expect.poll(async () => (await plan(testbed)).code, soon).toBe(0);
    });

    it('an unresponsive worker with tasks is not stopped, and apply says whether the miner still sends it tasks', async () => {
      const { testbed } = fixture;
      const pid = await testbed.pid(host, workerService);
      const round = restartNeeded(fixture, [host, 'worker-2']);
      await testbed.shell(host, `kill -STOP ${pid}`);
      const { code, out, err } = await testbed.sealctl('apply', '--yes');
      await testbed.shell(host, `kill -CONT ${pid} 2>/dev/null || :`);
      expect(out, err).toContain('worker-2: done in');
      if (code === 0) expect(out).toContain('the worker does not answer, and the miner sends it no tasks');
      else expect(out).toMatch(/^worker-1: step \d+: cordon .*: FAILED: worker-1 does not answer/m);
      await expectRound(testbed, [host], round);
    });
  });
}

/** What sealctl put into the environment of the worker's process, without what a service manager tells each process anew. */
async function configurationOf(testbed: Testbed): Promise<string[]> {
  const lines = await environmentOf(testbed, host);
  return lines.filter((line) => !/^(?:INVOCATION_ID|SYSTEMD_EXEC_PID|JOURNAL_STREAM)=/.test(line));
}

/** What the process of a host's worker was started from. */
async function programOf(testbed: Testbed, name: string): Promise<string> {
  return testbed.shell(name, `readlink /proc/${await testbed.pid(name, workerService)}/exe`);
}

/** An edit by hand of how long the service may take to end: nobody wants to wait for a minute and a half. */
function shorterStop({ services, layout }: Testbed, name: string): string {
  const folder = layout(name).services;
  return services === 'systemd'
    ? `sed -i 's/^TimeoutStopSec=.*/TimeoutStopSec=3/' '${folder}/${workerService}.service' && systemctl daemon-reload`
    : `sed -i 's/^stop_timeout_s=.*/stop_timeout_s=3/' '${folder}/${workerService}/run'`;
}
