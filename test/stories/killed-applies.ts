import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterOf, hostKeys, sealingPath, type ClusterBase } from './cluster-file.ts';
import { listedWorkers } from './daemons.ts';
import { saidBy } from './faults.ts';
import { apply, expectNothingToDo } from './plans.ts';
import type { ClusterFile } from '../../src/sealctl/spec/schema/cluster.ts';
import type { Testbed } from './testbed.ts';
import type { Fixture } from './fixture.ts';

/** A miner and two workers that are told something new before each kill. */
export function smallCluster(testbed: ClusterBase): ClusterFile {
  const worker = (name: string) => ({
    ...testbed.host(name).keys,
    tasks: ['AP', 'PC1'],
    limits: { PC1: 1 },
    listen: testbed.host(name).listen(0),
    storage: [sealingPath(testbed.host(name))],
  });
  return clusterOf(testbed, 'miner-1', {
    hosts: {
      'miner-1': testbed.host('miner-1').keys,
      'worker-1': worker('worker-1'),
      'worker-2': worker('worker-2'),
    },
    rollout: { maxUnavailable: 2, healthyFor: '1s' },
  });
}

/** Where in an apply sealctl is killed: once it has done this part of the steps, and so much later. */
interface Moment {
  readonly percent: number;
  readonly ms: number;
}

const moments: fc.Arbitrary<Moment> = fc.record({
  percent: fc.integer({ min: 0, max: 95 }),
  ms: fc.integer({ min: 0, max: 150 }),
});

/** sealctl is killed at random moments of an apply, again and again; each time the next apply gets to where cluster.yaml is. */
export function killedApplyStories(fixture: Fixture, kills: number): void {
  /** Applies what is new, and kills sealctl in the middle of that. */
  const killedApply = async (steps: number, { percent, ms }: Moment): Promise<void> => {
    // The last one that was killed may have left nothing to do, and nobody who would have taken its lock.
    const running = fixture.testbed.start('apply', '--yes', '--break-lock');
    await saidBy(running, afterSteps(Math.floor((steps * percent) / 100)));
    await pause(ms);
    running.signal('SIGKILL');
    const { code, out, err } = await running.ended;
    // Nobody has told it to end, so that it has no exit code.
    expect(code, out + err).toBe(-1);
  };

  describe(`an apply that is killed at ${kills} random moments`, () => {
    it('the next apply finishes a killed apply, with nothing lost and no lock in its way', async () => {
      const { testbed, cluster } = fixture;
      cluster.edit((draft) => change(draft, 0));
      const steps = (await apply(testbed)).match(/: step \d+: .+: done in /g)?.length ?? 0;
      expect(steps).toBeGreaterThan(4);
      const seed = 20_261_122;
      for (const [index, moment] of fc.sample(moments, { numRuns: kills, seed }).entries()) {
        cluster.edit((draft) => change(draft, index + 1));
        await killedApply(steps, moment);
        await expectFinished(testbed);
      }
      await expectNothingToDo(testbed);
      expect(await listedWorkers(testbed, 'miner-1')).toEqual(['worker-1', 'worker-2']);
    }, 600_000);

    it('the next apply takes over the lock of a killed apply within a minute and says so', async () => {
      const { testbed, cluster } = fixture;
      cluster.edit((draft) => change(draft, kills + 1));
      await killedApply(2, { percent: 50, ms: 0 });
      const refused = await testbed.sealctl('apply', '--yes');
      expect(refused.code).toBe(1);
      expect(refused.err.replaceAll(/\s+/g, ' ')).toContain('the cluster is locked by');
      let said = '';
      await expect
        .poll(
          async () => {
            const { code, err } = await testbed.sealctl('apply', '--yes');
            said += err;
            return code;
          },
          { timeout: 90_000, interval: 2_000 },
        )
        .toBe(0);
      const silentS = Number(
        /^took over the lock of \S+@\S+ \(apply, since \S+\), not renewed for (\d+) s$/m.exec(said)?.[1],
      );
      expect(silentS).toBeGreaterThanOrEqual(45);
      expect(silentS).toBeLessThan(90);
      await expectNothingToDo(testbed);
    });

    it('killed applies leave no temporary file', async () => {
      for (const host of ['miner-1', 'worker-1', 'worker-2']) {
        const { state, environment, services, releases } = fixture.testbed.layout(host);
        const names = ['*sealctl-new*', '*.upload-*', '*.part', '*.new'].map((name) => `-name '${name}'`);
        const found = await fixture.testbed.shell(
          host,
          `find '${state}' '${environment}' '${services}' '${releases}' ${names.join(' -o ')} 2>/dev/null || :`,
        );
        expect(found).toBe('');
      }
    });
  });
}

/** Matches what an apply says from the moment on that it has done so many steps. */
function afterSteps(count: number): RegExp {
  return count === 0 ? /: started, \d+ steps$/m : new RegExp(`(?:: step \\d+: .+: done in [^]*?){${count}}`);
}

/**
 * Runs apply again until nothing is left to do. What sealctl had begun on a host when it was killed goes on there: who looks too early
 * says that something has changed since, or that a worker does not answer yet.
 */
async function expectFinished(testbed: Testbed): Promise<void> {
  await expect
    .poll(() => testbed.sealctl('apply', '--yes', '--break-lock'), { timeout: 60_000, interval: 50 })
    .toMatchObject({ code: 0 });
}

/** Every round changes files, and all workers must restart. */
function change(draft: ClusterFile, round: number): void {
  for (const name of ['worker-1', 'worker-2']) {
    const keys = hostKeys(draft, name);
    if (round % 2 === 0) keys.limits = { PC1: 1 + (round % 7) };
    else keys.tasks = round % 4 === 1 ? ['AP', 'PC1', 'PC2'] : ['AP', 'PC1'];
    keys.env = { ROUND: String(round) };
  }
}
