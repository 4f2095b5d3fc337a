import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/sealctl/kinds/compile.ts';
import { kinds } from '../../../src/sealctl/kinds/index.ts';
import type { Observed, ObservedHost } from '../../../src/sealctl/model/observed.ts';
import { secretDigests, specDigest } from '../../../src/sealctl/plan/diff/digest.ts';
import { makePlan, type MadePlan } from '../../../src/sealctl/plan/make-plan.ts';
import type { RolloutSpec, Spec, WorkerSpec } from '../../../src/sealctl/spec/spec.ts';
import { fleetOf } from '../kinds/planned.ts';
import { ModelFleet } from '../model/fleet.ts';
import { clusterSpec, hostSpec, workerSpec } from '../model/spec.ts';

type Worker = Partial<WorkerSpec>;

/** The miner on `m`, and a worker on each other host. */
function clusterWith(workers: Readonly<Record<string, Worker>>, rollout: Partial<RolloutSpec> = {}): Spec {
  const spec = clusterSpec([
    hostSpec('m', [], { address: 'm.lab' }),
    ...Object.entries(workers).map(([host, changes]) =>
      hostSpec(host, [workerSpec(host, 'main', changes)], { address: `${host}.lab` }),
    ),
  ]);
  return { ...spec, rollout: { ...spec.rollout, ...rollout } };
}

/**
 * A plan in which hosts are found otherwise than the model fleet has them, and the miner has disabled the workers of some labels. A host
 * that is undefined was not read at all.
 */
function planOf(
  fleet: ModelFleet,
  spec: Spec,
  otherwise: Readonly<Record<string, ObservedHost | undefined>> = {},
  disabled: readonly string[] = [],
): MadePlan {
  const { hosts, miner } = fleet.observe(spec);
  const found = [...hosts].flatMap(([name, host]): [string, ObservedHost][] => {
    const instead = name in otherwise ? otherwise[name] : host;
    return instead === undefined ? [] : [[name, instead]];
  });
  return makePlan({
    spec,
    resources: compile(spec),
    observed: { hosts: new Map(found), miner: withDisabled(miner, disabled) },
    secrets: fleet.secrets(),
    kinds,
    salt: 'salt',
    now: new Date('2026-11-02T08:00:00Z'),
  });
}

function withDisabled(miner: Observed['miner'], labels: readonly string[]): Observed['miner'] {
  if ('unreachable' in miner) return miner;
  const listed = [...miner.workers].map(
    ([session, worker]) => [session, { ...worker, enabled: !labels.includes(worker.label) }] as const,
  );
  return { ...miner, workers: new Map(listed) };
}

const two = clusterWith({ a: {}, b: {} });
const off: ObservedHost = { reachable: false, step: 'probe', reason: 'no answer within 15 s' };
const limited: Worker = { limits: { PC1: 4 } };
const hostsOf = ({ document }: MadePlan) => document.hosts.map(({ host }) => host);

describe('the plan of a cluster', () => {
  it('is complete and has no host where nothing is different', async () => {
    const fleet = await fleetOf(two);
    const { document, steps, rollout } = planOf(fleet, two);
    expect(document).toStrictEqual({
      version: 2,
      cluster: 'lab',
      madeAt: '2026-11-02T08:00:00.000Z',
      complete: true,
      hosts: [],
      unchangedHosts: 3,
      unreachable: [],
      findings: [],
      waves: [],
      bounds: ['at most one host interrupted at once'],
      specDigest: specDigest(two),
      secretDigests: secretDigests(fleet.secrets(), 'salt'),
      salt: 'salt',
    });
    expect(Object.keys(document.secretDigests)).toHaveLength(1);
    expect([...steps]).toEqual([
      ['m', []],
      ['a', []],
      ['b', []],
    ]);
    expect(rollout).toEqual([]);
  });

  it('has the hosts with changes in the order of the file, and a wave for those with steps alone', async () => {
    const made = planOf(await fleetOf(two), clusterWith({ a: {}, b: limited }));
    expect(hostsOf(made)).toEqual(['b']);
    expect(made.document).toMatchObject({ complete: true, unchangedHosts: 2, waves: [['b']] });
    expect(made.rollout.map(({ host }) => host)).toEqual(['b']);
    expect(made.steps.get('a')).toEqual([]);
    expect(made.steps.get('b')).toHaveLength(6);
  });

  it('says so where only some hosts were asked for, and leaves the others alone', async () => {
    const changed = clusterWith({ a: limited, b: limited });
    const { document, steps } = (await fleetOf(two)).plan(changed, (host) => host === 'a');
    expect(document).toMatchObject({ chosen: true, unchangedHosts: 0, waves: [['a']] });
    expect([...steps.keys()]).toEqual(['a']);
  });

  it('shows a host on hold where nothing is different, and does nothing to it', async () => {
    const fleet = await fleetOf(two);
    fleet.host('a').hold = { who: 'ana@desk', since: '2026-11-01T10:00:00.000Z', why: 'replace NVMe' };
    const made = planOf(fleet, two);
    expect(hostsOf(made)).toEqual(['a']);
    expect(made.document).toMatchObject({ unchangedHosts: 2, waves: [] });
  });

  it('counts the enabled workers that offer each task type now', async () => {
    const fleet = await fleetOf(clusterWith({ a: {}, b: { tasks: ['PC1', 'PC2'] } }));
    expect(planOf(fleet, two).serving).toMatchObject({ PC1: 2, PC2: 1 });
    expect(planOf(fleet, two, {}, ['b-main']).serving).toMatchObject({ PC1: 1 });
    expect(planOf(fleet, two, {}, ['b-main']).serving).not.toHaveProperty('PC2');
    expect(planOf(new ModelFleet(), two).serving).toEqual({});
  });
});

describe('a host that cannot be read', () => {
  it('is listed with the step that failed, and makes the plan incomplete', async () => {
    const { document, steps } = planOf(await fleetOf(two), two, { a: off, b: undefined });
    expect(document).toMatchObject({
      complete: false,
      hosts: [],
      unchangedHosts: 1,
      unreachable: [
        { host: 'a', step: 'probe', reason: 'no answer within 15 s' },
        { host: 'b', step: 'connect', reason: 'it was not read' },
      ],
      bounds: ['at most one host interrupted at once, besides 2 hosts that cannot be reached'],
    });
    expect([...steps.keys()]).toEqual(['m']);
  });

  it('takes the place of a host to interrupt', async () => {
    const spec = clusterWith({ a: {}, b: {}, c: {} }, { maxUnavailable: { count: 2 } });
    const changed = clusterWith({ a: limited, b: limited, c: {} }, { maxUnavailable: { count: 2 } });
    const fleet = await fleetOf(spec);
    expect(planOf(fleet, changed).document.waves).toEqual([['a', 'b']]);
    expect(planOf(fleet, changed, { c: off }).document.waves).toEqual([['a'], ['b']]);
  });

  it('can be the host of the miner, whose inventory is then unknown', async () => {
    const fleet = await fleetOf(two);
    for (const miner of [off, undefined]) {
      const { document } = planOf(fleet, clusterWith({ a: {} }), { m: miner });
      expect(document).toMatchObject({ hosts: [], unchangedHosts: 1 });
      expect(document.unreachable.map(({ host }) => host)).toEqual(['m']);
    }
  });
});

describe('a plan is incomplete', () => {
  it('while one daemon that runs does not answer', async () => {
    const fleet = await fleetOf(two);
    const found = fleet.observe(two).hosts.get('a');
    if (found?.reachable !== true) throw new Error('the fleet has no host a');
    const silent = { ...found, workers: new Map([['main', { unreachable: 'it hangs' }]]) };
    const made = planOf(fleet, two, { a: silent });
    expect(hostsOf(made)).toEqual(['a']);
    expect(made.document).toMatchObject({ complete: false, unchangedHosts: 2, unreachable: [] });
  });
});

describe('the limits of a rollout', () => {
  it('count as a percentage the hosts that are interrupted, not those that are only changed', async () => {
    const rollout = { maxUnavailable: { percent: 50 } };
    const old = { a: {}, b: {}, c: {}, d: {} };
    const fresh = { e: {}, f: {} };
    const changed = clusterWith({ a: limited, b: limited, c: limited, d: limited, ...fresh }, rollout);
    const { document, policy } = planOf(await fleetOf(clusterWith(old, rollout)), changed);
    expect(policy.maxUnavailable).toBe(2);
    expect(document.bounds).toEqual(['at most 2 hosts interrupted at once']);
    // The host of the miner has nothing but the inventory to write, and goes with the first.
    expect(document.waves).toEqual([
      ['m', 'a', 'b', 'e', 'f'],
      ['c', 'd'],
    ]);
  });

  it('are told as an error where a host can never be interrupted within them', async () => {
    const keeping = (PC1: number) => clusterWith({ a: {}, b: limited }, { keepServing: { PC1 } });
    const fleet = await fleetOf(two);
    expect(planOf(fleet, keeping(1)).document).toMatchObject({ waves: [['b']], findings: [] });
    const { document } = planOf(fleet, keeping(2));
    expect(document.waves).toEqual([]);
    expect(document.findings).toEqual([
      {
        code: 'keep-serving-impossible',
        severity: 'error',
        summary: 'b cannot be interrupted without breaking rollout.keepServing',
        why: 'too few other workers offer the task type now',
        fix: 'lower rollout.keepServing, or add a worker that offers the task type first',
      },
    ]);
  });
});

describe('the inventory', () => {
  const inventoryIn = ({ document }: MadePlan) =>
    document.hosts.flatMap(({ host, changes }) =>
      changes
        .filter(({ kind }) => kind === 'inventory')
        .flatMap(({ fields }) => fields.map(({ field, after }) => ({ host, field, after }))),
    );

  it('is kept on the host of the miner alone', () => {
    const shown = (field: string) => ({ host: 'm', field, after: { show: 'value', value: `${field}.lab` } });
    expect(inventoryIn(planOf(new ModelFleet(), two))).toEqual([shown('m'), shown('a'), shown('b')]);
  });

  it('keeps a removed host until nothing is left there, and the plan cleans it', async () => {
    const fleet = await fleetOf(two);
    const one = clusterWith({ a: {} });
    const plan = planOf(fleet, one);
    expect(inventoryIn(plan)).toEqual([]);
    expect(plan.document.hosts).toMatchObject([{ host: 'b', address: 'b.lab', removed: true }]);
    await fleet.apply(plan);
    expect(fleet.host('b').manifest).toEqual([]);
    const struck = { host: 'm', field: 'b', after: { show: 'value', value: null } };
    expect(inventoryIn(planOf(fleet, one))).toEqual([struck]);
  });

  it('keeps a removed host that cannot be read', async () => {
    const fleet = await fleetOf(two);
    await fleet.apply(planOf(fleet, clusterWith({ a: {} })));
    for (const removed of [off, undefined]) {
      const plan = planOf(fleet, clusterWith({ a: {} }), { b: removed });
      expect(inventoryIn(plan)).toEqual([]);
      expect(plan.document.unreachable.map(({ host }) => host)).toEqual(['b']);
    }
  });
});
