import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterText, hostKeys } from './cluster-file.ts';
import { listedWorkers } from './daemons.ts';
import { apply, expectNothingToDo, fieldLines, plan, plannedLines } from './plans.ts';
import type { Fixture } from './fixture.ts';

const worker = 'sealctl-worker-main';
const soon = { timeout: 30_000, interval: 50 };

/** A day in the life of who runs the cluster. */
export function operationStories(fixture: Fixture): void {
  const setLimit = (host: string, limit: number) =>
    fixture.cluster.edit((file) => {
      hostKeys(file, host).limits = { PC1: limit, PC2: 1 };
    });

  describe('a drained host', () => {
    it('drain cordons a host, stops it and puts it on hold, and status shows who did it, when and why', async () => {
      const { testbed } = fixture;
      const drained = await testbed.sealctl('drain', 'worker-2', '--reason=replace NVMe');
      expect(drained.code, drained.err).toBe(0);
      expect(await testbed.pid('worker-2', worker)).toBeUndefined();
      expect(await listedWorkers(testbed, 'miner-1')).toEqual(['worker-1', 'worker-3']);
      const status = await testbed.sealctl('status', '--format=json', '--host=worker-2');
      expect(JSON.parse(status.out)).toMatchObject({
        workers: [
          { worker: 'main', state: 'held', note: expect.stringMatching(/.+@.+ since .+: replace NVMe/) },
        ],
      });
    });

    it('plan and apply skip a host on hold and report its pending change', async () => {
      const { testbed } = fixture;
      setLimit('worker-2', 3);
      const planned = await testbed.sealctl('plan');
      expect(planned.code).toBe(0);
      expect(planned.out).toMatch(/^ {2}worker-2: held by .*: replace NVMe \(\d+ changes? waiting\)$/m);
      expect((await testbed.sealctl('apply', '--yes')).code).toBe(0);
      expect(await testbed.pid('worker-2', worker)).toBeUndefined();
    });

    it('undrain starts a host again, and the next apply makes its pending changes', async () => {
      const { testbed } = fixture;
      const back = await testbed.sealctl('undrain', 'worker-2');
      expect(back.code, back.err).toBe(0);
      expect(await listedWorkers(testbed, 'miner-1')).toEqual(['worker-1', 'worker-2', 'worker-3']);
      expect(await plannedLines(testbed)).toEqual([
        'worker-2/worker/main/env PC1_2K_MAX_CONCURRENT: "4" -> "3" [restart]',
      ]);
      await apply(testbed);
    });

    it('drain refuses a host that is not in cluster.yaml', async () => {
      const { code, err } = await fixture.testbed.sealctl('drain', 'worker-9');
      expect(code).toBe(1);
      expect(err).toContain('worker-9');
      expect(err).toContain('did you mean "worker-1"?');
    });

    it('plan, status and apply refuse a host pattern without a match', async () => {
      for (const command of ['plan', 'status', 'apply']) {
        const { code, err } = await fixture.testbed.sealctl(command, '--host=wroker-*');
        expect(code).toBe(1);
        expect(err).toContain('no host matches wroker-*');
        expect(err).toContain('did you mean "worker-1"?');
      }
      const { code, out } = await fixture.testbed.sealctl('plan', '--host=worker-2');
      expect(code).toBe(0);
      expect(out).toContain('No changes: the chosen hosts of demo match cluster.yaml.');
    });
  });

  describe('a host that cannot be reached', () => {
    it('an unreachable host is one line of the plan with exit code 1, and the other hosts are planned', async () => {
      const { testbed } = fixture;
      await testbed.disconnect('worker-2');
      setLimit('worker-1', 2);
      try {
        const { code, document } = await plan(testbed);
        expect(code).toBe(1);
        expect(document.unreachable.map(({ host }) => host)).toEqual(['worker-2']);
        expect(fieldLines(document)).toEqual([
          expect.stringMatching(
            /^worker-1\/worker\/main\/env PC1_2K_MAX_CONCURRENT: "\d" -> "2" \[restart\]$/,
          ),
        ]);
        const { out, code: textCode } = await testbed.sealctl('plan');
        expect(textCode).toBe(1);
        expect(out.split('\n').filter((line) => line.includes('worker-2'))).toEqual([
          expect.stringMatching(/^ {2}worker-2: unreachable/),
        ]);
        expect(out).toContain('1 host unreachable');
      } finally {
        await testbed.reconnect('worker-2');
      }
    });

    it('a plan limited to other hosts ignores an unreachable host', async () => {
      const { testbed } = fixture;
      await testbed.disconnect('worker-2');
      try {
        expect((await testbed.sealctl('plan', '--host=worker-1')).code).toBe(2);
      } finally {
        await testbed.reconnect('worker-2');
      }
    });
  });

  describe('a second apply at the same time', () => {
    it('a second apply is refused with the holder of the lock, and the first apply finishes', async () => {
      const { testbed, cluster } = fixture;
      const { rollout } = cluster.now();
      // The first apply has to be at work on one host while the second one still sees something to do on another.
      setLimit('worker-1', 2);
      setLimit('worker-2', 2);
      cluster.edit((file) => {
        file.rollout = { ...file.rollout, healthyFor: '15s' };
      });
      const first = testbed.start('apply', '--yes');
      const { lock } = testbed.layout('miner-1');
      await expect.poll(async () => (await testbed.exec('miner-1', ['test', '-e', lock])).code, soon).toBe(0);
      const second = await testbed.sealctl('apply', '--yes');
      expect(second.code).toBe(1);
      expect(second.err.replaceAll(/\s+/g, ' ')).toMatch(
        /the cluster is locked by \S+@\S+ \(apply, since \S+\) --> host miner-1 /,
      );
      expect(second.err).toContain('--break-lock');
      const { code, out, err } = await first.ended;
      expect(code, out + err).toBe(0);
      cluster.edit((file) => {
        file.rollout = rollout;
      });
      await expectNothingToDo(testbed);
      expect((await testbed.exec('miner-1', ['test', '-e', lock])).code).toBe(1);
    });
  });

  describe('watch', () => {
    it('watch plans at once and at every save of cluster.yaml, survives a broken file, and ends with Ctrl-C', async () => {
      const { testbed, cluster } = fixture;
      const watching = testbed.start('watch');
      try {
        await expect.poll(watching.said, soon).toContain('No changes: ');
        setLimit('worker-1', 4);
        await expect.poll(watching.said, soon).toMatch(/PC1_2K_MAX_CONCURRENT +"2" -> "4"/);
        const plans = () => watching.said().split('\n--- ').length;
        const before = plans();
        writeFileSync(join(testbed.workspace, 'cluster.yaml'), 'hosts: [');
        await expect.poll(plans, soon).toBe(before + 1);
        await expect.poll(watching.warned, soon).toContain('cluster.yaml:');
        writeFileSync(join(testbed.workspace, 'cluster.yaml'), clusterText(cluster.now()));
        await expect.poll(plans, soon).toBe(before + 2);
        await expect.poll(() => watching.said().match(/Plan for demo/g)?.length, soon).toBe(2);
      } finally {
        watching.signal('SIGINT');
      }
      const { code, err } = await watching.ended;
      expect(code).toBe(0);
      expect(err).toContain('cluster.yaml:');
    });

    it('watch applies changes where its flags say so', async () => {
      const { testbed } = fixture;
      const watching = testbed.start('watch', '--apply', '--yes');
      try {
        await expect
          .poll(watching.said, { ...soon, timeout: 60_000 })
          .toContain('Applied: demo matches cluster.yaml.');
      } finally {
        watching.signal('SIGINT');
      }
      expect((await watching.ended).code).toBe(0);
      await expectNothingToDo(testbed);
    });

    it('a watch that is interrupted during an apply says so once and ends after the running step', async () => {
      const { testbed } = fixture;
      setLimit('worker-1', 5);
      const watching = testbed.start('watch', '--apply', '--yes');
      try {
        await expect.poll(watching.said, soon).toMatch(/: started, \d+ steps$/m);
      } finally {
        watching.signal('SIGINT');
      }
      const { code, err } = await watching.ended;
      expect(code).toBe(0);
      expect(err.match(/^Interrupted: /gm)).toHaveLength(1);
      await apply(testbed);
    });
  });
}
