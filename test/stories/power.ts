import { describe, expect, it } from 'vitest';
import { listedWorkers } from './daemons.ts';
import type { FleetGround } from './fleet-ground.ts';
import { apply, expectNothingToDo, plan, plannedLines } from './plans.ts';
import type { SandboxGround } from './sandbox-ground.ts';
import type { Stage } from './stage.ts';

const worker = 'sealctl-worker-main';
const afterBoot = { timeout: 60_000, interval: 500 };
const wantedFiles = 1_048_576;

/** What only a real machine with systemd can show. */
export function realHostStories(stage: Stage<FleetGround>): void {
  describe('a worker on a real host', () => {
    it('is a unit that systemd always starts again, and at every boot', async () => {
      const shown = await stage.ground.shell(
        'worker-1',
        `systemctl show -p Restart,UnitFileState,LimitNOFILE ${worker}`,
      );
      expect(shown.split('\n').toSorted()).toEqual([
        `LimitNOFILE=${wantedFiles}`,
        'Restart=always',
        'UnitFileState=enabled',
      ]);
    });

    it('gets the open files the kernel gives; fewer than asked for are a finding with cause and remedy', async () => {
      const { ground } = stage;
      const hard = Number(
        await ground.shell('worker-1', `awk '/^Max open files/ { print $5 }' /proc/1/limits`),
      );
      const pid = await ground.pid('worker-1', worker);
      const soft = Number(
        await ground.shell('worker-1', `awk '/^Max open files/ { print $4 }' /proc/${pid}/limits`),
      );
      expect(soft).toBe(Math.min(wantedFiles, hard));
      const { code, document } = await plan(ground, '--host=worker-1');
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

    it('is back and registered by itself after a power cut', async () => {
      const { ground } = stage;
      await ground.fleet.kill('worker-1');
      const { code, document } = await plan(ground);
      expect(code).toBe(1);
      expect(document.unreachable.map(({ host }) => host)).toEqual(['worker-1']);
      await ground.fleet.start('worker-1');
      await expect
        .poll(() => listedWorkers(ground, 'miner-1'), afterBoot)
        .toEqual(['worker-1', 'worker-2', 'worker-3']);
      await expect.poll(async () => (await plan(ground)).code, afterBoot).toBe(0);
      await expectNothingToDo(ground);
    });

    it('registers again when the miner’s host comes back from a power cut', async () => {
      const { ground } = stage;
      await ground.fleet.kill('miner-1');
      await ground.fleet.start('miner-1');
      await expect
        .poll(() => listedWorkers(ground, 'miner-1').catch(() => []), afterBoot)
        .toEqual(['worker-1', 'worker-2', 'worker-3']);
      await expect.poll(async () => (await plan(ground)).code, afterBoot).toBe(0);
      await expectNothingToDo(ground);
    });
  });

  describe('a host that hangs', () => {
    it('holds up neither the plan nor the hosts beside it', async () => {
      const { ground } = stage;
      await ground.fleet.freeze('worker-2');
      try {
        const began = performance.now();
        const { code, document } = await plan(ground);
        expect(code).toBe(1);
        expect(document.unreachable.map(({ host }) => host)).toEqual(['worker-2']);
        expect(performance.now() - began).toBeLessThan(60_000);
      } finally {
        await ground.fleet.thaw('worker-2');
      }
      await expectNothingToDo(ground);
    });
  });
}

/** Where nothing starts daemons at boot: sealctl's own supervisor ends with the machine. */
export function rootlessPowerStory(stage: Stage<SandboxGround>): void {
  describe('a rootless host that lost its power', () => {
    it('is drift, and one apply brings its worker back', async () => {
      const { ground } = stage;
      await ground.sandbox.act('kill', 'worker-3');
      expect(await plannedLines(ground)).toEqual([
        expect.stringMatching(/^drift: worker-3\/worker\/main\/service state: ".*" -> "active" \[live\]$/),
      ]);
      await apply(ground);
      expect(await listedWorkers(ground, 'miner-1')).toEqual(['worker-1', 'worker-2', 'worker-3']);
    });
  });
}
