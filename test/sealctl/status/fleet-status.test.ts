import { beforeEach, describe, expect, it } from 'vitest';
import { fleetStatus, type FleetStatus } from '../../../src/sealctl/status/fleet-status.ts';
import { compile } from '../../../src/sealctl/kinds/compile.ts';
import type { Observed, ListedWorker } from '../../../src/sealctl/model/observed.ts';
import type { FleetUsage } from '../../../src/sealctl/observe/fleet-usage.ts';
import { ModelFleet } from '../model/fleet.ts';
import { clusterSpec, hostSpec, workerSpec } from '../model/spec.ts';

const spec = clusterSpec([
  hostSpec('miner-1', []),
  hostSpec('sealer', [workerSpec('sealer', 'main', { tasks: ['PC1', 'PC2'], limits: { PC1: 4 } })]),
]);
const pc1 = 'seal/v0/precommit/1';
const minute = 60_000;
let fleet: ModelFleet;

beforeEach(async () => {
  fleet = new ModelFleet();
  await fleet.apply(fleet.plan(spec));
});

/** The status after the miner's view of the one worker was changed. */
function status(
  change: (worker: ListedWorker) => ListedWorker = (worker) => worker,
  usage?: FleetUsage,
): FleetStatus {
  const observed = fleet.observe(spec);
  const { miner } = observed;
  if ('unreachable' in miner) throw new Error(miner.unreachable);
  const workers = new Map([...miner.workers].map(([id, worker]) => [id, change(worker)]));
  const seen: Observed = { ...observed, miner: { ...miner, workers } };
  const observation = {
    observed: seen,
    secrets: fleet.secrets(),
    ...(usage === undefined ? {} : { usage }),
  };
  const { hosts } = spec;
  return fleetStatus({
    spec,
    hosts,
    resources: compile(spec),
    observation,
    plan: fleet.plan(spec),
    now: 100 * minute,
  });
}

const ofWorker = (given: FleetStatus) => given.workers.find(({ host }) => host === 'sealer')!;

describe('the status of a worker', () => {
  it('has what it accepts, its limits as they are in cluster.yaml, and nothing that is not known', () => {
    expect(status().miner.text).toBe('f01000 at 10.0.0.2:2345, 1 of 1 workers listed');
    const worker = ofWorker(status());
    expect(worker).toMatchObject({
      state: 'up',
      tasks: ['PC2', 'PC1'],
      limits: { PC1: 4 },
      running: [],
      note: '',
    });
  });

  it('has its limits as the running process has them', () => {
    const worker = ofWorker(
      status(({ stats, ...rest }) => {
        const table = { [pc1]: { '8': { MaxConcurrent: 9 } } };
        const Resources = { ...stats.Info.Resources, Resources: table as never };
        return { ...rest, stats: { ...stats, Info: { ...stats.Info, Resources } } };
      }),
    );
    expect(worker.limits).toEqual({ PC1: 9 });
  });

  it('has what runs, for how long, and what is left by the records of the miner', () => {
    const start = new Date(40 * minute).toISOString();
    const usage: FleetUsage = {
      paths: new Map(),
      usual: new Map([[pc1, 90 * minute]]),
      sectors: {},
      waiting: 0,
    };
    const { running } = ofWorker(
      status((worker) => ({ ...worker, jobs: [{ task: pc1, sector: 7, runWait: 0, start }] }), usage),
    );
    expect(running).toEqual([
      {
        task: 'PC1',
        sector: 7,
        phase: 'running',
        elapsedMs: 60 * minute,
        usualMs: 90 * minute,
        leftMs: 30 * minute,
      },
    ]);
  });

  it('is unregistered while the miner does not list it, and stopped when its service is', () => {
    const observed = fleet.observe(spec);
    const observation = {
      observed: { ...observed, miner: { unreachable: 'no answer' } },
      secrets: fleet.secrets(),
    };
    const { hosts } = spec;
    const input = { spec, hosts, resources: compile(spec), observation, plan: fleet.plan(spec), now: 0 };
    expect(ofWorker(fleetStatus(input)).state).toBe('unregistered');
    expect(fleetStatus(input).miner).toMatchObject({ answers: false, text: 'does not answer: no answer' });
    fleet.host('sealer').daemons.clear();
    expect(ofWorker(status()).state).toBe('stopped');
  });
});
