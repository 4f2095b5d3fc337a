import { describe, expect, it } from 'vitest';
import { listedWorkers } from './daemons.ts';
import type { FleetTestbed } from './fleet-testbed.ts';
import { apply, expectNothingToDo, plan, plannedLines } from './plans.ts';
import type { SandboxTestbed } from './sandbox-testbed.ts';
import type { Fixture } from './fixture.ts';

const worker = 'sealctl-worker-main';
const afterBoot = { timeout: 60_000, interval: 500 };
const wantedFiles = 1_048_576;

/** What only a real machine with systemd can show. */
export function realHostStories(fixture: Fixture<FleetTestbed>): void {
  describe('a worker on a real host', () => {
    it('systemd starts the unit of a worker after every exit and at every boot', async () => {
      const shown = await fixture.testbed.shell(
        'worker-1',
        `systemctl show -p Restart,UnitFileState,LimitNOFILE ${worker}`,
      );
      expect(shown.split('\n').toSorted()).toEqual([
        `LimitNOFILE=${wantedFiles}`,
        'Restart=always',
        'UnitFileState=enabled',
      ]);
    });

    it('a worker gets the open files that the kernel grants; fewer than configured are a finding with cause and fix', async () => {
      const { testbed } = fixture;
      const hard = Number(
        await testbed.shell('worker-1', `awk '/^Max open files/ { print $5 }' /proc/1/limits`),
      );
      const pid = await testbed.pid('worker-1', worker);
      const soft = Number(
        await testbed.shell('worker-1', `awk '/^Max open files/ { print $4 }' /proc/${pid}/limits`),
      );
      expect(soft).toBe(Math.min(wantedFiles, hard));
      const { code, document } = await plan(testbed, '--host=worker-1');
      const findings = document.hosts.flatMap((host) => host.findings);
      expect(code).toBe(0);
      expect(findings).toEqual(
        hard >= wantedFiles
          ? []
          : [
              expect.objectContaining({
                code: 'nofile-unreachable',
                severity: 'warning',
                summary: `${worker} gets ${hard} open files instead of ${wantedFiles}`,
                why: expect.stringContaining('hard limit'),
                fix: expect.stringContaining('fs.nr_open'),
              }),
            ],
      );
    });

    it('a worker registers again without help after a power cut of its host', async () => {
      const { testbed } = fixture;
      await testbed.fleet.kill('worker-1');
      const { code, document } = await plan(testbed);
      expect(code).toBe(1);
      expect(document.unreachable.map(({ host }) => host)).toEqual(['worker-1']);
      await testbed.fleet.start('worker-1');
      await expect
        .poll(() => listedWorkers(testbed, 'miner-1'), afterBoot)
        .toEqual(['worker-1', 'worker-2', 'worker-3']);
      await expect.poll(async () => (await plan(testbed)).code, afterBoot).toBe(0);
      await expectNothingToDo(testbed);
    });

    it('a worker registers again after a power cut of the miner’s host', async () => {
      const { testbed } = fixture;
      await testbed.fleet.kill('miner-1');
      await testbed.fleet.start('miner-1');
      await expect
        .poll(() => listedWorkers(testbed, 'miner-1').catch(() => []), afterBoot)
        .toEqual(['worker-1', 'worker-2', 'worker-3']);
      await expect.poll(async () => (await plan(testbed)).code, afterBoot).toBe(0);
      await expectNothingToDo(testbed);
    });
  });

  describe('a host that hangs', () => {
    it('a hanging host delays neither the plan nor other hosts', async () => {
      const { testbed } = fixture;
      await testbed.fleet.freeze('worker-2');
      try {
        const began = performance.now();
        const { code, document } = await plan(testbed);
        expect(code).toBe(1);
        expect(document.unreachable.map(({ host }) => host)).toEqual(['worker-2']);
        expect(performance.now() - began).toBeLessThan(60_000);
      } finally {
        await testbed.fleet.thaw('worker-2');
      }
      await expectNothingToDo(testbed);
    });
  });
}

/** Where nothing starts daemons at boot: sealctl's own supervisor ends with the machine. */
export function rootlessPowerStory(fixture: Fixture<SandboxTestbed>): void {
  describe('a rootless host that lost its power', () => {
    it('a rootless host that lost its power is drift, and one apply starts its worker', async () => {
      const { testbed } = fixture;
      await testbed.sandbox.act('kill', 'worker-3');
      expect(await plannedLines(testbed)).toEqual([
        expect.stringMatching(/^drift: worker-3\/worker\/main\/service state: ".*" -> "active" \[live\]$/),
      ]);
      await apply(testbed);
      expect(await listedWorkers(testbed, 'miner-1')).toEqual(['worker-1', 'worker-2', 'worker-3']);
    });
  });
}
