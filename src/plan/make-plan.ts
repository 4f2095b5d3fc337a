import type { Inventory, InventoryHost } from '../host/facts.ts';
import type { Kind, Resource } from '../kinds/kind.ts';
import type { Observed, ObservedMiner, RegisteredWorker } from '../kinds/observed.ts';
import { taskByName, type TaskCode } from '../lotus/task-type.ts';
import type { Problem } from '../problem/problem.ts';
import type { SecretValues } from '../secret/secret.ts';
import type { HostSpec, Spec, WorkerSpec } from '../spec/spec.ts';
import { diffHost, serviceOf, type ResourceDifference } from './diff-host.ts';
import { digestOf, secretDigests, specDigest } from './digest.ts';
import { inventoryChange, wantedInventory } from './inventory.ts';
import {
  daemonName,
  type Change,
  type ExecutableStep,
  type HostPlan,
  type Plan,
  type PlannedFinding,
} from './plan.ts';
import { rolloutPolicy, servingCounts, waves, type RolloutHost, type RolloutPolicy } from './rollout.ts';
import { mustStop, sequence, type DaemonState } from './sequence.ts';
import { dearest } from './change-class.ts';

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

/**
 * What must be done so that the fleet is what cluster.yaml says. Pure: the same input gives the same plan, and making one changes
 * nothing.
 */
export function makePlan(
  input: PlanInput,
): Plan & { readonly rollout: readonly RolloutHost[]; readonly policy: RolloutPolicy } {
  const { spec, observed } = input;
  const hosts = plannedHosts(input);
  const planned = hosts.flatMap((host) => {
    const found = observed.hosts.get(host.name);
    return found?.reachable === true ? [planHost(input, host, found)] : [];
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
  const policy = rolloutPolicy(spec.rollout, spec.hosts.length);
  const order = waves(rollout, policy, servingNow(observed.miner));
  return {
    document: {
      version: 1,
      cluster: spec.cluster,
      madeAt: input.now.toISOString(),
      complete: unreachable.length === 0,
      hosts: worthShowing.map(({ plan }) => plan),
      unchangedHosts: planned.length - worthShowing.length,
      unreachable,
      findings: order.never.map(cannotKeepServing),
      waves: order.waves,
      limits: limitsInWords(policy),
      specDigest: specDigest(spec),
      secretDigests: secretDigests(input.secrets, input.salt),
      salt: input.salt,
    },
    steps: new Map(planned.map((host) => [host.plan.host, host.steps])),
    rollout,
    policy,
  };
}

interface PlannableHost {
  readonly name: string;
  readonly address: string;
  /** Absent for a host that is gone from cluster.yaml. */
  readonly spec?: HostSpec;
}

function plannedHosts({ spec, observed, only }: PlanInput): PlannableHost[] {
  const wanted = spec.hosts.map((host) => ({ name: host.name, address: host.address, spec: host }));
  const gone = hostsGoneFrom(spec, inventoryOf(spec, observed)).map(({ name, address }) => ({
    name,
    address,
  }));
  return [...wanted, ...gone].filter((host) => only?.(host.name) ?? true);
}

/** Hosts that were applied to before and that cluster.yaml no longer names. */
export function hostsGoneFrom(spec: Spec, inventory: Inventory | undefined): InventoryHost[] {
  const names = new Set(spec.hosts.map((host) => host.name));
  return (inventory?.hosts ?? []).filter((host) => !names.has(host.name));
}

/** Hosts gone from cluster.yaml on which nothing of sealctl's is left. */
function cleanedHosts({ spec, observed }: PlanInput): ReadonlySet<string> {
  const cleaned = hostsGoneFrom(spec, inventoryOf(spec, observed)).filter(({ name }) => {
    const found = observed.hosts.get(name);
    return found?.reachable === true && found.facts.manifest.length === 0;
  });
  return new Set(cleaned.map(({ name }) => name));
}

function inventoryOf(spec: Spec, observed: Observed): Inventory | undefined {
  const found = observed.hosts.get(spec.miner.host);
  return found?.reachable === true ? found.facts.inventory : undefined;
}

function planHost(
  input: PlanInput,
  host: PlannableHost,
  found: Extract<ReturnType<Observed['hosts']['get']>, { reachable: true }>,
): { readonly plan: HostPlan; readonly steps: readonly ExecutableStep[]; readonly rollout: RolloutHost } {
  const resources = input.resources.get(host.name) ?? [];
  const { facts } = found;
  const compared = diffHost(
    { host: host.name, resources, observed: found, miner: input.observed.miner, secrets: input.secrets },
    input.kinds,
  );
  const differences =
    host.name === input.spec.miner.host
      ? [
          ...compared,
          inventoryChange(wantedInventory(input.spec), facts.inventory, host.name, cleanedHosts(input)),
        ]
      : compared;
  const findings = differences.flatMap(({ difference }) => difference.findings.map(shownFinding));
  const changes = differences.flatMap(changeOf);
  const blocked =
    facts.hold !== undefined ||
    findings.some((finding) => finding.severity === 'error') ||
    changes.some((change) => change.class === 'refuse');
  const daemons = daemonStates(input, host, resources, facts, compared);
  const steps = blocked ? [] : sequence(differences, daemons);
  const interrupted = daemons.filter(
    (state) => mustStop(itsDifferences(differences, state), state) && !blocked,
  );
  return {
    plan: {
      host: host.name,
      address: host.address,
      removed: host.spec === undefined,
      ...(facts.hold === undefined ? {} : { hold: facts.hold }),
      changes,
      findings,
      steps: steps.map((step) => ({
        title: step.title,
        interrupts: step.interrupts,
        ...(step.daemon === undefined ? {} : { daemon: daemonName(step.daemon) }),
      })),
      restarts: interrupted
        .filter((state) => state.daemon.role === 'worker')
        .map((state) => ({
          worker: daemonName(state.daemon),
          runningTasks: runningTasks(registered(input.observed.miner, state.worker), input.now),
        })),
      stepsDigest: digestOf(steps),
    },
    steps,
    rollout: {
      host: host.name,
      carriesMiner: daemons.some(
        (state) => state.daemon.role === 'miner' && itsDifferences(differences, state).some(hasFields),
      ),
      interrupted: interrupted.map((state) => ({
        before: (registered(input.observed.miner, state.worker)?.tasks ?? []).flatMap(codeOf),
        after: state.worker?.tasks ?? [],
      })),
    },
  };
}

function daemonStates(
  input: PlanInput,
  host: PlannableHost,
  resources: readonly Resource[],
  facts: Parameters<typeof serviceOf>[1],
  differences: readonly ResourceDifference[],
): DaemonState[] {
  const seen = new Map<string, DaemonState>();
  for (const { daemon } of [...resources, ...differences]) {
    if (daemon === undefined || seen.has(daemonName(daemon))) continue;
    const service = serviceOf(daemon, facts, resources, input.kinds);
    if (service === undefined) continue;
    seen.set(daemonName(daemon), {
      daemon,
      service: { manager: service.manager, name: service.name },
      running: service.running,
      wanted: resources.some(
        (resource) =>
          resource.kind === 'service' &&
          resource.daemon !== undefined &&
          daemonName(resource.daemon) === daemonName(daemon),
      ),
      worker:
        daemon.role === 'worker'
          ? host.spec?.workers.find((worker) => worker.name === daemon.name)
          : undefined,
    });
  }
  return [...seen.values()].toSorted((a, b) => rank(a) - rank(b));
}

/** The miner comes first: workers register with it. */
function rank(state: DaemonState): number {
  return state.daemon.role === 'miner' ? 0 : 1;
}

function itsDifferences(
  differences: readonly ResourceDifference[],
  state: DaemonState,
): ResourceDifference[] {
  return differences.filter(
    ({ daemon }) => daemon !== undefined && daemonName(daemon) === daemonName(state.daemon),
  );
}

function hasFields({ difference }: ResourceDifference): boolean {
  return difference.fields.some((field) => field.class === 'miner-restart' || difference.action === 'create');
}

function changeOf({ id, kind, daemon, difference, origins }: ResourceDifference): Change[] {
  if (difference.action === 'none' || difference.fields.length === 0) return [];
  return [
    {
      resource: id,
      kind,
      ...(daemon === undefined ? {} : { daemon: daemonName(daemon) }),
      action: difference.action,
      class: dearest(difference.fields.map((field) => field.class)),
      fields: difference.fields.map((field) => {
        const origin = field.origin ?? origins[field.field] ?? origins[''];
        return {
          field: field.field,
          before: mutableShown(field.before),
          after: mutableShown(field.after),
          class: field.class,
          cause: field.cause,
          reason: field.reason,
          ...(origin === undefined ? {} : { origin }),
        };
      }),
    },
  ];
}

type FieldOfDocument = Change['fields'][number];

function mutableShown(shown: Difference['fields'][number]['before']): FieldOfDocument['before'] {
  return shown as FieldOfDocument['before'];
}

type Difference = ResourceDifference['difference'];

function shownFinding({ code, severity, summary, why, fix }: Problem): PlannedFinding {
  return {
    code,
    severity,
    summary,
    ...(why === undefined ? {} : { why }),
    ...(fix === undefined ? {} : { fix }),
  };
}

/** The miner's record of a worker, found by its label: sessions change, labels do not. */
export function registered(
  miner: Observed['miner'],
  worker: WorkerSpec | undefined,
): RegisteredWorker | undefined {
  if (worker === undefined || 'unreachable' in miner) return undefined;
  return [...miner.workers.values()].find(
    (candidate) => candidate.label === worker.label && candidate.enabled,
  );
}

function runningTasks(
  worker: RegisteredWorker | undefined,
  now: Date,
): HostPlan['restarts'][number]['runningTasks'] {
  return (worker?.jobs ?? []).map((job) => ({
    task: job.task,
    sector: job.sector,
    runningS: Math.max(0, Math.round((now.getTime() - Date.parse(job.start)) / 1000)),
  }));
}

function servingNow(miner: Observed['miner']): Partial<Record<TaskCode, number>> {
  if ('unreachable' in miner) return {};
  return servingCounts(enabledWorkers(miner).map((worker) => worker.tasks));
}

function enabledWorkers(miner: ObservedMiner): RegisteredWorker[] {
  return [...miner.workers.values()].filter((worker) => worker.enabled);
}

function codeOf(name: string): TaskCode[] {
  const type = taskByName(name);
  return type === undefined ? [] : [type.code];
}

function limitsInWords(policy: RolloutPolicy): string[] {
  const hosts = policy.maxUnavailable === 1 ? 'one host' : `${policy.maxUnavailable} hosts`;
  return [
    `at most ${hosts} interrupted at once`,
    ...(policy.canary === undefined ? [] : [`${policy.canary} goes first, alone`]),
    ...Object.entries(policy.keepServing).map(
      ([code, least]) => `at least ${least} workers keep offering ${code}`,
    ),
  ];
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
