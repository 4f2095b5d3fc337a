import { hostsRemovedFrom, hostsRenamed } from '../model/removed-hosts.ts';
import type { Inventory } from '../host/probe/facts.ts';
import type { Kind, Resource } from '../model/kind.ts';
import type { Observed } from '../model/observed.ts';
import type { SecretValues } from '@sealctl/core/secret/secret';
import type { Spec } from '../spec/spec.ts';
import { secretDigests, specDigest } from './diff/digest.ts';
import { inventoryChange, wantedInventory } from './inventory.ts';
import { rolloutBoundsText } from './rollout/rollout-bounds-text.ts';
import { planHost, type HostContext, type PlannableHost } from './diff/plan-host.ts';
import type { Plan, PlannedFinding } from '../model/plan.ts';
import { registrationsAt, type Registrations } from './diff/registrations.ts';
import { rolloutPolicy, waves, type RolloutHost, type RolloutPolicy } from './rollout/rollout.ts';
import { servingCounts, taskCodes, type ServingCounts } from './order/serving.ts';

export interface PlanInput {
  readonly spec: Spec;
  readonly resources: ReadonlyMap<string, readonly Resource[]>;
  readonly observed: Observed;
  readonly secrets: SecretValues;
  readonly kinds: ReadonlyMap<string, Kind<unknown>>;
  /** Hosts to plan; the others are left alone. Absent means all. */
  readonly only?: (host: string) => boolean;
  /** Random text that keys the digests of secrets. */
  readonly salt: string;
  readonly now: Date;
}

/** A plan and what its rollout needs. */
export interface MadePlan extends Plan {
  readonly rollout: readonly RolloutHost[];
  readonly policy: RolloutPolicy;
  /** Workers that offer each task type now. */
  readonly serving: ServingCounts;
}

/** Plans the changes that bring the fleet in line with cluster.yaml. Pure: equal input gives an equal plan. */
export function makePlan(input: PlanInput): MadePlan {
  const { spec, observed } = input;
  const hosts = plannedHosts(input);
  const registered = registrationsAt(observed.miner);
  const planned = hosts.flatMap((host) => {
    const found = observed.hosts.get(host.name);
    return found?.reachable === true ? [planHost(host, contextOf(input, host, found, registered))] : [];
  });
  const unreachable = hosts.flatMap((host) => {
    const found = observed.hosts.get(host.name);
    if (found?.reachable === true) return [];
    return [{ host: host.name, step: found?.step ?? 'connect', reason: found?.reason ?? 'it was not read' }];
  });
  const worthShowing = planned.filter(
    ({ plan }) => plan.changes.length > 0 || plan.findings.length > 0 || plan.hold !== undefined,
  );
  const rollout = planned.flatMap((host) => (host.steps.length > 0 ? [host.rollout] : []));
  const policy = rolloutPolicy(spec.rollout, {
    interrupted: rollout.filter(({ interrupted }) => interrupted.length > 0).length,
    down: unreachable.length,
  });
  const serving = servingNow(observed.miner);
  const order = waves(rollout, policy, serving);
  return {
    document: {
      version: 2,
      cluster: spec.cluster,
      madeAt: input.now.toISOString(),
      complete: unreachable.length === 0 && planned.every(({ fullyRead }) => fullyRead),
      hosts: worthShowing.map(({ plan }) => plan),
      unchangedHosts: planned.length - worthShowing.length,
      unreachable,
      ...(input.only === undefined ? {} : { chosen: true }),
      findings: order.never.map(cannotKeepServing),
      waves: order.waves,
      bounds: rolloutBoundsText(spec.rollout, policy, unreachable.length),
      specDigest: specDigest(spec),
      secretDigests: secretDigests(input.secrets, input.salt),
      salt: input.salt,
    },
    steps: new Map(planned.map((host) => [host.plan.host, host.steps])),
    rollout,
    policy,
    serving,
  };
}

function contextOf(
  input: PlanInput,
  host: PlannableHost,
  found: HostContext['found'],
  registered: Registrations,
): HostContext {
  const { spec, observed, secrets, kinds, now } = input;
  const isMinerHost = host.name === spec.miner.host;
  return {
    found,
    resources: input.resources.get(host.name) ?? [],
    miner: observed.miner,
    registered,
    secrets,
    kinds,
    now,
    extraDifferences: isMinerHost
      ? [inventoryChange(wantedInventory(spec), found.facts.inventory, host.name, cleanedHosts(input))]
      : [],
  };
}

function plannedHosts({ spec, observed, only }: PlanInput): PlannableHost[] {
  const wanted = spec.hosts.map((host) => ({ name: host.name, address: host.address, spec: host }));
  const removed = hostsRemovedFrom(spec, inventoryOf(spec, observed)).map(({ name, address }) => ({
    name,
    address,
  }));
  return [...wanted, ...removed].filter((host) => only?.(host.name) ?? true);
}

/** Names removed from cluster.yaml under which nothing of sealctl's is left. */
function cleanedHosts({ spec, observed }: PlanInput): ReadonlySet<string> {
  const inventory = inventoryOf(spec, observed);
  const cleaned = hostsRemovedFrom(spec, inventory).filter(({ name }) => {
    const found = observed.hosts.get(name);
    return found?.reachable === true && found.facts.manifest.length === 0;
  });
  return new Set([...cleaned, ...hostsRenamed(spec, inventory)].map(({ name }) => name));
}

function inventoryOf(spec: Spec, observed: Observed): Inventory | undefined {
  const found = observed.hosts.get(spec.miner.host);
  return found?.reachable === true ? found.facts.inventory : undefined;
}

function servingNow(miner: Observed['miner']): ServingCounts {
  if ('unreachable' in miner) return {};
  const enabled = [...miner.workers.values()].filter((worker) => worker.enabled);
  return servingCounts(enabled.map(({ tasks }) => ({ tasks: taskCodes(tasks) })));
}

function cannotKeepServing(host: string): PlannedFinding {
  return {
    code: 'keep-serving-impossible',
    severity: 'error',
    summary: `${host} cannot be interrupted without breaking rollout.keepServing`,
    why: 'too few other workers offer the task type now',
    fix: 'lower rollout.keepServing, or add a worker that offers the task type first',
  };
}
