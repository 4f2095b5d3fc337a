import { describe, expect, it } from 'vitest';
import type { FleetStatus } from '../../src/sealctl/status/fleet-status.ts';
import { hostKeys, sealingPath } from './cluster-file.ts';
import { daemonCommand } from './daemons.ts';
import type { RunningSealctl } from './testbed.ts';
import { holdNextTask } from './held-task.ts';
import { apply } from './plans.ts';
import type { Fixture } from './fixture.ts';

const soon = { timeout: 60_000, interval: 200 };

/** What sealctl does while sectors are being sealed: nothing that runs is lost, and no file is left where nobody can read it. */
export function workingFleetStories(fixture: Fixture): void {
  const miner = (words: string) => daemonCommand(fixture.testbed, 'miner-1', 'miner', words);
  const pledge = async () => Number(/(\d+)\n?$/.exec(await miner('sectors pledge'))?.[1]);
  const proving = (sector: number) =>
    expect.poll(() => miner(`sectors status ${sector}`), soon).toMatch(/^Status:\s+Proving$/m);
  const status = async (): Promise<FleetStatus> =>
    JSON.parse((await fixture.testbed.sealctl('status', '--format=json')).out) as FleetStatus;
  const workerStatus = async (host: string) => {
    const found = (await status()).workers.find((worker) => worker.host === host);
    if (found === undefined) throw new Error(`status tells nothing of ${host}`);
    return found;
  };
  /** Pledges a sector and stops the process of its PC1 on worker-3 in the middle; answers the sector and what lets it go on. */
  const pledgeAndHoldPc1 = async () => {
    const { testbed } = fixture;
    const { held, goOn } = await holdNextTask(
      testbed,
      'worker-3',
      await testbed.pid('worker-3', 'sealctl-worker-main'),
    );
    return { sector: await held(pledge), goOn };
  };

  describe('a fleet at work', () => {
    it('a fleet seals a sector across three hosts', async () => {
      const { testbed, cluster } = fixture;
      cluster.edit((file) => {
        delete file.storageGroups;
        file.sectorSize = '2KiB';
        // The multicore form of PC1 asks for more cores than a small machine has.
        delete file.defaults?.env?.['FIL_PROOFS_USE_MULTICORE_SDR'];
        // Epochs of a network take half a minute; here they pass in a blink.
        file.miner = { ...file.miner, env: { LOTUS_LOCALCHAIN_BLOCKDELAY: '10ms' } };
        for (const [name, tasks, stores] of [
          ['worker-1', ['AP'], true],
          ['worker-2', ['PC2', 'C2'], true],
          ['worker-3', ['PC1'], false],
        ] as const) {
          const host = testbed.host(name);
          const store = { path: `${host.data}/store`, use: 'store' as const };
          const keys = hostKeys(file, name);
          keys.tasks = [...tasks];
          keys.limits = name === 'worker-3' ? { PC1: 4 } : {};
          keys.storage = [sealingPath(host), ...(stores ? [store] : [])];
          keys.env = { FIL_PROOFS_PARENT_CACHE: `${host.data}/parents` };
        }
        file.rollout = { maxUnavailable: 3, healthyFor: '1s' };
      });
      await apply(testbed);
      await proving(await pledge());
      expect((await workerStatus('worker-2')).storage).toMatchObject([
        { use: 'seal', sectors: 0 },
        { use: 'store', sectors: 1, space: { totalBytes: expect.any(Number) } },
      ]);
    });

    it('status shows running tasks, and they finish before a worker restarts for a change', async () => {
      const { testbed, cluster } = fixture;
      const { sector, goOn } = await pledgeAndHoldPc1();
      cluster.edit((file) => {
        hostKeys(file, 'worker-3').limits = { PC1: 2 };
      });
      const before = await testbed.pid('worker-3', 'sealctl-worker-main');
      const applying = testbed.start('apply', '--yes');
      try {
        expect(await workerStatus('worker-3')).toMatchObject({
          limits: { PC1: 4 },
          counts: { PC1: 1 },
          running: [
            {
              task: 'PC1',
              sector,
              phase: 'running',
              usualMs: expect.any(Number),
              leftMs: expect.any(Number),
            },
          ],
          resources: { cpus: { total: expect.any(Number) }, memory: { totalBytes: expect.any(Number) } },
        });
        const { out } = await testbed.sealctl('status');
        expect(out).toMatch(/^worker-3 +main +up +PC1\(1\/4\)/m);
        expect(out).toMatch(new RegExp(`^PC1 +${sector} +worker-3 +main +running +\\d+s`, 'm'));
        await expect
          .poll(applying.said, soon)
          .toMatch(
            new RegExp(`^worker-3: step \\d+: PC1 of sector ${sector} running \\(usually \\d+s\\)$`, 'm'),
          );
        expect(await testbed.pid('worker-3', 'sealctl-worker-main')).toBe(before);
      } finally {
        await goOn();
      }
      const { code, out, err } = await applying.ended;
      expect(code, out + err).toBe(0);
      expect(await testbed.pid('worker-3', 'sealctl-worker-main')).not.toBe(before);
      await proving(sector);
      const log = await miner(`sectors status --log ${sector}`);
      expect(log.match(/done;PC1/g)).toHaveLength(1);
      expect(log).not.toContain('failed;');
    });
  });

  describe('draining a host that works', () => {
    it('drain lists a running task with its estimate, then waits until the sector has left the host', async () => {
      const { testbed } = fixture;
      const { sector, goOn } = await pledgeAndHoldPc1();
      const draining = testbed.start('drain', 'worker-3', '--reason=new disks');
      try {
        await expect
          .poll(() => waits(draining), soon)
          .toContain(`worker-3: waits for PC1 of sector ${sector} on worker-3: running for T, ESTIMATE`);
        expect(await workerStatus('worker-3')).toMatchObject({ state: 'draining', tasks: [] });
      } finally {
        await goOn();
      }
      const { code, out, err } = await draining.ended;
      expect(code, out + err).toBe(0);
      expect(out).toContain(`worker-3: no longer waits for PC1 of sector ${sector}\n`);
      await proving(sector);
      expect((await testbed.sealctl('undrain', 'worker-3')).code).toBe(0);
    });

    it('drain lists the sectors that only the host has, and continues when its watcher is interrupted', async () => {
      const { testbed } = fixture;
      const draining = testbed.start('drain', 'worker-2', '--reason=replace NVMe');
      await expect.poll(() => waits(draining), soon).toHaveLength(3);
      expect(waits(draining)).toEqual(
        [0, 1, 2].map(
          (sector) =>
            `worker-2: waits for sealed, cache of sector ${sector} only here: finished (Proving), stays until moved`,
        ),
      );
      draining.signal('SIGINT');
      const { code, err } = await draining.ended;
      expect(code).toBe(1);
      expect(err).toContain('worker-2: finished sectors remain on this host: pass --move-files');
      expect(err).toContain(
        'worker-2: stopped watching; the host stays on hold and gets no new tasks. ' +
          'sealctl drain worker-2 resumes, sealctl undrain worker-2 cancels\n',
      );
      expect(await workerStatus('worker-2')).toMatchObject({
        state: 'draining',
        tasks: [],
        note: expect.stringMatching(/replace NVMe$/),
      });
    });

    it('drain resumes a drain in progress, and undrain cancels it while it is watched', async () => {
      const { testbed } = fixture;
      const draining = testbed.start('drain', 'worker-2');
      await expect.poll(() => waits(draining), soon).toHaveLength(3);
      expect(draining.said()).toMatch(/^worker-2: resumes the drain started by \S+@\S+ at \S+Z$/m);
      const canceled = await testbed.sealctl('undrain', 'worker-2');
      expect(canceled.code, canceled.out + canceled.err).toBe(0);
      const { code, err } = await draining.ended;
      expect(code).toBe(1);
      expect(err).toContain('worker-2: the drain was canceled (the hold was removed). Nothing was stopped\n');
      expect(await workerStatus('worker-2')).toMatchObject({
        state: 'up',
        tasks: expect.arrayContaining(['C2', 'PC2']),
      });
    });

    it('drain --move-files moves finished files to another store', async () => {
      const { testbed } = fixture;
      const { code, out, err } = await testbed.sealctl('drain', 'worker-2', '--move-files');
      expect(code, out + err).toBe(0);
      for (const sector of [0, 1, 2]) {
        expect(out).toContain(`worker-2: moved the files of sector ${sector} to worker-1\n`);
        expect(await miner(`storage find ${sector}`)).toMatch(/^In [0-9a-f-]{36} \(Sealed, Cache\)\n/);
      }
      expect(await testbed.pid('worker-2', 'sealctl-worker-main')).toBeUndefined();
      expect((await workerStatus('worker-1')).storage).toMatchObject([
        { sectors: 0 },
        { use: 'store', sectors: 3 },
      ]);
      const left = await testbed.shell('worker-2', `ls '${testbed.host('worker-2').data}/store/sealed'`);
      expect(left).toBe('');
      const back = await testbed.sealctl('undrain', 'worker-2');
      expect(back.code, back.err).toBe(0);
    });
  });
}

/** What a drain has said that it waits for; times, which differ from run to run, have names. */
function waits(draining: RunningSealctl): string[] {
  return draining
    .said()
    .split('\n')
    .filter((line) => line.includes(': waits for '))
    .map((line) =>
      line
        .replace(/ for \d+\w*(?: \d+\w)?,/, ' for T,')
        .replace(/, (?:about .* left|longer than the usual .*)$/, ', ESTIMATE'),
    );
}
