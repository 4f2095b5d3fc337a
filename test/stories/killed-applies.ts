import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterOf, hostKeys, sealingPath, type Ground } from './cluster-file.ts';
import { listedWorkers } from './daemons.ts';
import { apply, expectNothingToDo } from './plans.ts';
import type { ClusterFile } from '../../src/spec/schema/cluster.ts';
import type { Stage } from './stage.ts';

/** A miner and two workers that are told something new before each kill. */
export function smallCluster(ground: Ground): ClusterFile {
  const worker = (name: string) => ({
    ...ground.host(name).keys,
    tasks: ['AP', 'PC1'],
    limits: { PC1: 1 },
    listen: ground.host(name).listen(0),
    storage: [sealingPath(ground.host(name))],
  });
  return clusterOf(ground, 'miner-1', {
    hosts: {
      'miner-1': ground.host('miner-1').keys,
      'worker-1': worker('worker-1'),
      'worker-2': worker('worker-2'),
    },
    rollout: { maxUnavailable: 2, healthyFor: '1s' },
  });
}

/** sealctl is killed at random moments of an apply, again and again; the next apply always gets to where cluster.yaml is. */
export function killedApplyStories(stage: Stage, kills: number): void {
  describe(`an apply that is killed at ${kills} random moments`, () => {
    it('is finished by the next one, with nothing lost and nobody locked out', async () => {
      const fractions = fc.sample(fc.integer({ min: 1, max: 95 }), { numRuns: kills, seed: 20_261_122 });
      stage.cluster.edit((draft) => change(draft, 0));
      let began = performance.now();
      await apply(stage.ground);
      let wholeMs = performance.now() - began;
      let killed = 0;
      for (const [index, percent] of fractions.entries()) {
        stage.cluster.edit((draft) => change(draft, index + 1));
        began = performance.now();
        const running = stage.ground.start('apply', '--yes', '--break-lock');
        const timer = setTimeout(() => running.signal('SIGKILL'), (wholeMs * percent) / 100);
        const { code } = await running.ended;
        clearTimeout(timer);
        if (code === 0) wholeMs = performance.now() - began;
        else killed += 1;
      }
      expect(killed).toBeGreaterThan(kills / 2);
      const { code, out, err } = await stage.ground.sealctl('apply', '--yes', '--break-lock');
      expect(code, `${out}${err}`).toBe(0);
      await expectNothingToDo(stage.ground);
      expect(await listedWorkers(stage.ground, 'miner-1')).toEqual(['worker-1', 'worker-2']);
    });

    it('leaves no temporary file behind', async () => {
      for (const host of ['miner-1', 'worker-1', 'worker-2']) {
        const { state, environment, services, releases } = stage.ground.layout(host);
        const found = await stage.ground.shell(
          host,
          `find '${state}' '${environment}' '${services}' '${releases}' -name '*sealctl-new*' -o -name '*.part' -o -name '*.new' 2>/dev/null || :`,
        );
        expect(found).toBe('');
      }
    });
  });
}

/** Every round changes files, and every second one needs restarts. */
function change(draft: ClusterFile, round: number): void {
  for (const name of ['worker-1', 'worker-2']) {
    const keys = hostKeys(draft, name);
    if (round % 2 === 0) keys.limits = { PC1: 1 + (round % 7) };
    else keys.tasks = round % 4 === 1 ? ['AP', 'PC1', 'PC2'] : ['AP', 'PC1'];
    keys.env = { ROUND: String(round) };
  }
}
