import { describe, expect, it } from 'vitest';
import { impliedTasks, inTaskOrder } from '../../../src/core/lotus/task-type.ts';
import type { ListedJob } from '../../../src/sealctl/model/observed.ts';
import type { ResourceDifference } from '../../../src/sealctl/plan/diff/diff-host.ts';
import type { MinerSpec, Spec, WorkerSpec } from '../../../src/sealctl/spec/spec.ts';
import { fleetOf } from '../kinds/planned.ts';
import { ModelFleet } from '../model/fleet.ts';
import { clusterSpec, hostSpec, minerSpec, workerSpec } from '../model/spec.ts';
import { difference, field, minerRef, plannedHost } from './planned-host.ts';

/** The miner and two workers on the host `h`. */
function together(pc1: Partial<WorkerSpec> = {}, miner: Partial<MinerSpec> = {}): Spec {
  const workers = [workerSpec('h', 'pc1', pc1), workerSpec('h', 'c2', { tasks: ['C2'] })];
  return clusterSpec([hostSpec('h', workers)], { miner: minerSpec('h', miner) });
}
const job = (sector: number, start: string): ListedJob => ({
  task: 'seal/v0/precommit/1',
  sector,
  runWait: 0,
  start,
});
const jobs = {
  'h-pc1': [job(17, '2026-11-02T07:58:29.600Z'), job(18, '2026-11-02T08:00:07Z')],
  'h-c2': [job(19, '2026-11-02T07:00:00Z')],
};

describe('the daemons that a plan interrupts', () => {
  it('are those it must restart, with the tasks that are waited for', async () => {
    const { plan, rollout } = plannedHost(await fleetOf(together()), together({ limits: { PC1: 4 } }), {
      jobs,
    });
    expect(plan.restarts).toEqual([
      {
        worker: 'pc1',
        runningTasks: [
          { task: 'seal/v0/precommit/1', sector: 17, runningS: 90 },
          // By the clock of another machine it begins in the future.
          { task: 'seal/v0/precommit/1', sector: 18, runningS: 0 },
        ],
      },
    ]);
    expect(plan.steps).toStrictEqual([
      { title: 'cordon pc1', daemon: 'pc1', interrupts: true },
      { title: 'wait until pc1 is idle', daemon: 'pc1', interrupts: true },
      { title: 'stop sealctl-worker-pc1', daemon: 'pc1', interrupts: true },
      { title: 'write /etc/sealctl/worker-pc1.env', daemon: 'pc1', interrupts: true },
      { title: 'start sealctl-worker-pc1', daemon: 'pc1', interrupts: true },
      { title: 'wait until the miner lists h-pc1', daemon: 'pc1', interrupts: true },
    ]);
    expect(rollout).toMatchObject({ host: 'h', carriesMiner: false });
  });

  it('offer now what the miner lists, and afterwards what cluster.yaml says', async () => {
    const changed = together({ tasks: ['PC2'], limits: { PC2: 1 } });
    const { rollout } = plannedHost(await fleetOf(together()), changed, { jobs });
    expect(rollout.interrupted).toStrictEqual([
      { label: 'h-pc1', before: inTaskOrder([...impliedTasks, 'PC1']), after: ['PC2'] },
    ]);
  });

  it('are not listed by the miner, and offer nothing, while they are not registered', async () => {
    const fleet = await fleetOf(together());
    const relabeled = together({ label: 'other', limits: { PC1: 4 } });
    const { plan, rollout } = plannedHost(fleet, relabeled, { jobs });
    expect(plan.restarts).toEqual([{ worker: 'pc1', runningTasks: [] }]);
    expect(rollout.interrupted).toStrictEqual([{ label: 'other', before: [], after: ['PC1'] }]);
  });

  it('have no name at the miner and offer nothing afterwards once they are removed', async () => {
    const { plan, rollout } = plannedHost(await fleetOf(together()), together(), { jobs, removed: true });
    const nothing = { before: [], after: [] };
    expect(plan.removed).toBe(true);
    expect(plan.restarts).toEqual([
      { worker: 'pc1', runningTasks: [] },
      { worker: 'c2', runningTasks: [] },
    ]);
    expect(rollout.interrupted).toStrictEqual([nothing, nothing, nothing]);
  });

  it('can be the miner alone, which is no restart of a worker', async () => {
    const { plan, rollout } = plannedHost(await fleetOf(together()), together({}, { tasks: ['AP'] }), {
      jobs,
    });
    expect(plan.restarts).toEqual([]);
    expect(rollout).toStrictEqual({
      host: 'h',
      carriesMiner: true,
      interrupted: [{ before: [], after: [] }],
    });
  });
});

describe('the host of the miner goes alone', () => {
  const carries = async (...extra: readonly ResourceDifference[]) =>
    plannedHost(await fleetOf(together()), together(), { extra }).rollout.carriesMiner;
  const ofMiner = { id: 'h/miner/thing', daemon: minerRef };
  const ofWorker = { id: 'h/worker/pc1/thing', daemon: { role: 'worker', name: 'pc1' } } as const;
  const restarting = field('a', { class: 'miner-restart' });

  it('while the miner is created or restarted there', async () => {
    expect(await carries(difference({ fields: [field('a'), restarting] }, ofMiner))).toBe(true);
    expect(await carries(difference({ action: 'create', fields: [field('a')] }, ofMiner))).toBe(true);
    expect(plannedHost(new ModelFleet(), together()).rollout.carriesMiner).toBe(true);
  });

  it('not while the miner is changed where it stands, or something else is created there', async () => {
    expect(await carries(difference({ fields: [field('a')] }, ofMiner))).toBe(false);
    expect(await carries(difference({ action: 'create', fields: [field('a')] }, ofWorker))).toBe(false);
    expect(await carries(difference({ action: 'create', fields: [field('a')] }))).toBe(false);
  });
});
