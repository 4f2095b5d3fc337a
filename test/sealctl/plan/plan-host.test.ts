import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/sealctl/plan/diff/digest.ts';
import type { Origin, Spec, WorkerSpec } from '../../../src/sealctl/spec/spec.ts';
import { fleetOf } from '../kinds/planned.ts';
import { ModelFleet } from '../model/fleet.ts';
import { clusterSpec, hostSpec, workerSpec } from '../model/spec.ts';
import { difference, field, plannedHost } from './planned-host.ts';

/** One worker on the host `h`, and the miner elsewhere. */
const specWith = (changes: Partial<WorkerSpec> = {}): Spec =>
  clusterSpec([hostSpec('m', []), hostSpec('h', [workerSpec('h', 'pc1', changes)])]);
const spec = specWith();
const limited = specWith({ limits: { PC1: 4 } });
const hold = { who: 'ana@desk', since: '2026-11-01T10:00:00.000Z', why: 'replace NVMe' };
const empty = { changes: [], findings: [], steps: [], restarts: [], stepsDigest: digestOf([]) };
const still = { host: 'h', carriesMiner: false, interrupted: [] };

describe('the plan of a host', () => {
  it('is empty where nothing is different', async () => {
    expect(plannedHost(await fleetOf(spec), spec)).toStrictEqual({
      plan: { host: 'h', address: 'h.lab', removed: false, blocked: false, ...empty },
      steps: [],
      fullyRead: true,
      rollout: still,
    });
  });

  it('is empty where nothing is left on a host that was removed from cluster.yaml', () => {
    const { plan, rollout } = plannedHost(new ModelFleet(), spec, { removed: true });
    expect(plan).toStrictEqual({ host: 'h', address: 'h.lab', removed: true, blocked: false, ...empty });
    expect(rollout).toEqual(still);
  });

  it('has each change with its daemon, its fields and the highest class among them', async () => {
    const mixed = difference(
      { fields: [field('a'), field('b', { class: 'restart' }), field('c', { class: 'redeclare' })] },
      { daemon: { role: 'worker', name: 'pc1' }, id: 'h/worker/pc1/thing' },
    );
    const created = difference({ action: 'create', fields: [field('d', { cause: 'drift' })] });
    const { plan } = plannedHost(await fleetOf(spec), spec, { extra: [mixed, created] });
    expect(plan.changes).toStrictEqual([
      {
        resource: 'h/worker/pc1/thing',
        kind: 'thing',
        daemon: 'pc1',
        action: 'update',
        class: 'restart',
        fields: mixed.difference.fields,
      },
      {
        resource: 'h/thing',
        kind: 'thing',
        action: 'create',
        class: 'live',
        fields: created.difference.fields,
      },
    ]);
  });

  it('names for each field the place that its kind, its key or the whole resource has in cluster.yaml', async () => {
    const at = (path: string): Origin => ({ layer: 'host', path });
    const own = field('own', { origin: at('from.kind') });
    const extra = [
      difference(
        { fields: [own, field('tasks'), field('other')] },
        { origins: { '': at('from.whole'), tasks: at('from.key') } },
      ),
      difference({ fields: [field('tasks')] }),
    ];
    const { plan } = plannedHost(await fleetOf(spec), spec, { extra });
    const origins = plan.changes.map(({ fields }) => fields.map(({ origin }) => origin?.path));
    expect(origins).toEqual([['from.kind', 'from.key', 'from.whole'], [undefined]]);
    expect(plan.changes[1]?.fields).toStrictEqual([field('tasks')]);
  });

  it('has no change for what has steps alone, and still carries these out', async () => {
    const title = 'write it down';
    const operation = { do: 'manifest', record: [], forget: [] } as const;
    const extra = [difference({ steps: [{ title, phase: 'prepare', on: 'host', operation }] })];
    const { plan, steps } = plannedHost(await fleetOf(spec), spec, { extra });
    expect(plan.changes).toEqual([]);
    expect(plan.steps).toStrictEqual([{ title, interrupts: false }]);
    expect(steps).toEqual([{ title, interrupts: false, on: 'host', operation }]);
    expect(plan.stepsDigest).toBe(digestOf(steps));
  });

  it('has a change that needs no step and comes with a finding', async () => {
    const finding = { code: 'odd', severity: 'warning', summary: 'it is odd' } as const;
    const extra = [difference({ fields: [field('a')], findings: [finding] })];
    const { plan } = plannedHost(await fleetOf(spec), spec, { extra });
    expect(plan.changes.map(({ resource }) => resource)).toEqual(['h/thing']);
    expect(plan.findings).toStrictEqual([finding]);
  });

  it('has findings with the cause and the remedy that are known, and without their place', async () => {
    const summary = 'it is odd';
    const extra = [
      difference({
        findings: [
          { code: 'a', severity: 'warning', summary, why: 'of this', where: { in: 'host', host: 'h' } },
          { code: 'b', severity: 'warning', summary, fix: 'do that' },
        ],
      }),
    ];
    const { plan, fullyRead } = plannedHost(await fleetOf(spec), spec, { extra });
    expect(plan.findings).toStrictEqual([
      { code: 'a', severity: 'warning', summary, why: 'of this' },
      { code: 'b', severity: 'warning', summary, fix: 'do that' },
    ]);
    expect({ blocked: plan.blocked, fullyRead }).toEqual({ blocked: false, fullyRead: true });
  });
});

describe('a host with an error', () => {
  it('keeps its changes in the plan, and nothing is done to it', async () => {
    const findings = [{ code: 'bad', severity: 'error', summary: 'it is bad' } as const];
    const fleet = await fleetOf(spec);
    const { plan, steps, rollout } = plannedHost(fleet, limited, { extra: [difference({ findings })] });
    expect(plan).toMatchObject({ blocked: true, findings, steps: [], restarts: [] });
    expect(plan.changes.map(({ resource }) => resource)).toEqual(['h/worker/pc1/env']);
    expect(steps).toEqual([]);
    expect(rollout).toEqual(still);
  });

  it('is one whose workers claim one GPU, for this is seen on the host alone', async () => {
    const shared = clusterSpec([
      hostSpec('m', []),
      hostSpec('h', [
        workerSpec('h', 'pc1', { gpus: ['0'] }),
        workerSpec('h', 'pc2', { gpus: ['GPU-aa'], repo: '/var/lib/pc2' }),
      ]),
    ]);
    const gpus = [{ index: 0, uuid: 'GPU-aa', name: 'Alpha' }];
    const fleet = await fleetOf(shared);
    const { plan } = plannedHost(fleet, shared, { facts: { gpus } });
    expect(plan.findings.map(({ code }) => code)).toEqual(['gpu-conflict']);
    expect(plan.blocked).toBe(true);
    const { findings } = plannedHost(fleet, shared, { facts: { gpus }, removed: true }).plan;
    expect(findings).toEqual([]);
  });
});

describe('a host on hold', () => {
  it('shows who holds it, even where nothing is different', async () => {
    const fleet = await fleetOf(spec);
    const { plan } = plannedHost(fleet, spec, { facts: { hold } });
    expect(plan).toStrictEqual({
      host: 'h',
      address: 'h.lab',
      removed: false,
      blocked: false,
      hold,
      ...empty,
    });
  });

  it('keeps its changes in the plan, and nothing is done to it', async () => {
    const { plan, steps, rollout } = plannedHost(await fleetOf(spec), limited, { facts: { hold } });
    expect(plan).toMatchObject({ hold, blocked: false, steps: [], restarts: [] });
    expect(plan.changes.map(({ resource }) => resource)).toEqual(['h/worker/pc1/env']);
    expect(steps).toEqual([]);
    expect(rollout).toEqual(still);
  });
});

describe('a host of which a daemon does not answer', () => {
  const workers = new Map([['pc1', { unreachable: 'it hangs' }]]);
  const finding = {
    code: 'daemon-unresponsive',
    severity: 'warning',
    summary: 'pc1 on h runs but does not answer',
    why: 'it hangs',
    fix: 'read journalctl -u sealctl-worker-pc1 -n 50 on the host; restart sealctl-worker-pc1 if it hangs, and plan again',
  };

  it('is not fully read, which the plan says even where nothing is different', async () => {
    const { plan, fullyRead } = plannedHost(await fleetOf(spec), spec, { workers });
    expect(fullyRead).toBe(false);
    expect(plan).toStrictEqual({
      host: 'h',
      address: 'h.lab',
      removed: false,
      blocked: false,
      ...empty,
      findings: [finding],
    });
  });

  it('is changed all the same, for a restart may be what helps', async () => {
    const { plan, rollout } = plannedHost(await fleetOf(spec), limited, { workers });
    expect(plan.findings).toEqual([finding]);
    expect(plan.restarts).toEqual([{ worker: 'pc1', runningTasks: [] }]);
    expect(rollout.interrupted).toHaveLength(1);
  });
});
