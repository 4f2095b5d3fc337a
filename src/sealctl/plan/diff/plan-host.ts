import type { FieldChange } from '../../model/field-change.ts';
import type { Kind, Resource } from '../../model/kind.ts';
import type { Observed, ObservedHost, ListedWorker } from '../../model/observed.ts';
import type { Problem } from '@sealctl/core/problem/problem';
import type { SecretValues } from '@sealctl/core/secret/secret';
import { originAt, type HostSpec } from '../../spec/spec.ts';
import { highestImpact } from '../../model/change-class.ts';
import { daemonStates } from './daemon-states.ts';
import { diffHost, type ResourceDifference } from './diff-host.ts';
import { digestOf } from './digest.ts';
import {
  daemonName,
  type Change,
  type ExecutableStep,
  type HostPlan,
  type PlannedFinding,
} from '../../model/plan.ts';
import type { Registrations } from './registrations.ts';
import type { RolloutHost } from '../rollout/rollout.ts';
import { mustStop, sequence, type DaemonState } from '../order/sequence.ts';
import { taskCodes } from '../order/serving.ts';
import { colocatedWorkerFindings } from './colocated-workers.ts';
import { unresponsiveDaemons } from './unresponsive-daemons.ts';

/** A host to plan. */
export interface PlannableHost {
  readonly name: string;
  readonly address: string;
  /** Absent for a host that was removed from cluster.yaml. */
  readonly spec?: HostSpec;
}

export interface HostContext {
  readonly found: Extract<ObservedHost, { reachable: true }>;
  readonly resources: readonly Resource[];
  readonly miner: Observed['miner'];
  readonly registered: Registrations;
  readonly secrets: SecretValues;
  readonly kinds: ReadonlyMap<string, Kind<unknown>>;
  readonly now: Date;
  /** Resources of the whole cluster on this host, such as the inventory. */
  readonly extraDifferences: readonly ResourceDifference[];
}

export interface PlannedHost {
  readonly plan: HostPlan;
  readonly steps: readonly ExecutableStep[];
  readonly rollout: RolloutHost;
  /** Everything that runs there has been asked, and has answered. */
  readonly fullyRead: boolean;
}

/** Plans one host: its changes and steps in order, with their impact. */
export function planHost(host: PlannableHost, context: HostContext): PlannedHost {
  const { resources, found, miner, registered, secrets, kinds } = context;
  const { facts } = found;
  const compared = diffHost({ host: host.name, resources, observed: found, miner, secrets }, kinds);
  const differences = [...compared, ...context.extraDifferences];
  const others = compared.map(({ daemon }) => daemon);
  const states = () => daemonStates(host.spec, resources, others, facts, kinds);
  const unresponsive = unresponsiveDaemons(host.name, found, miner, states);
  const shared = host.spec === undefined ? [] : colocatedWorkerFindings(host.spec, facts);
  const about = [...unresponsive, ...shared];
  if (facts.hold === undefined && about.length === 0 && differences.every(isNothing))
    return unchangedHost(host);
  const findings = [...differences.flatMap(({ difference }) => difference.findings), ...about].map(
    plannedFinding,
  );
  const changes = differences.flatMap(changeOf);
  const daemons = states();
  const blocked = findings.some(({ severity }) => severity === 'error');
  const untouched = blocked || facts.hold !== undefined;
  const steps = untouched ? [] : sequence(differences, daemons);
  const interrupted = untouched
    ? []
    : daemons.filter((state) => mustStop(differencesOf(differences, state), state));
  return {
    plan: {
      host: host.name,
      address: host.address,
      removed: host.spec === undefined,
      blocked,
      ...(facts.hold === undefined ? {} : { hold: facts.hold }),
      changes,
      findings,
      steps: steps.map(plannedStep),
      restarts: interrupted
        .filter((state) => state.daemon.role === 'worker')
        .map((state) => ({
          worker: daemonName(state.daemon),
          runningTasks: runningTasks(registered(state.worker), context.now),
        })),
      stepsDigest: digestOf(steps),
    },
    steps,
    fullyRead: unresponsive.length === 0,
    rollout: {
      host: host.name,
      carriesMiner: daemons.some(
        (state) => state.daemon.role === 'miner' && differencesOf(differences, state).some(concernsMiner),
      ),
      interrupted: interrupted.map((state) => ({
        ...(state.worker === undefined ? {} : { label: state.worker.label }),
        before: taskCodes(registered(state.worker)?.tasks ?? []),
        after: state.worker?.tasks ?? [],
      })),
    },
  };
}

function isNothing({ difference }: ResourceDifference): boolean {
  return difference.fields.length + difference.findings.length + difference.steps.length === 0;
}

/** Most hosts of most plans: nothing is different, and nothing has to be worked out. */
function unchangedHost({ name, address, spec }: PlannableHost): PlannedHost {
  const nothing = { changes: [], findings: [], steps: [], restarts: [], stepsDigest: digestOfNothing };
  return {
    plan: { host: name, address, removed: spec === undefined, blocked: false, ...nothing },
    steps: [],
    fullyRead: true,
    rollout: { host: name, carriesMiner: false, interrupted: [] },
  };
}

const digestOfNothing = digestOf([]);

function plannedStep(step: ExecutableStep): HostPlan['steps'][number] {
  return {
    title: step.title,
    interrupts: step.interrupts,
    ...(step.daemon === undefined ? {} : { daemon: daemonName(step.daemon) }),
  };
}

function differencesOf(differences: readonly ResourceDifference[], state: DaemonState): ResourceDifference[] {
  return differences.filter(
    ({ daemon }) => daemon !== undefined && daemonName(daemon) === daemonName(state.daemon),
  );
}

function concernsMiner({ difference }: ResourceDifference): boolean {
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
      class: highestImpact(difference.fields.map((field) => field.class)),
      fields: difference.fields.map((field) => {
        const origin = field.origin ?? originAt(origins, field.field) ?? origins[''];
        return { ...field, ...(origin === undefined ? {} : { origin: plannedOrigin(origin) }) };
      }),
    },
  ];
}

/** Origins work out their place when they are asked for it; the document holds it. */
function plannedOrigin({ layer, path, range }: NonNullable<FieldChange['origin']>): FieldChange['origin'] {
  return { layer, path, ...(range && { range }) };
}

function plannedFinding({ code, severity, summary, why, fix }: Problem): PlannedFinding {
  return {
    code,
    severity,
    summary,
    ...(why === undefined ? {} : { why }),
    ...(fix === undefined ? {} : { fix }),
  };
}

function runningTasks(
  worker: ListedWorker | undefined,
  now: Date,
): HostPlan['restarts'][number]['runningTasks'] {
  return (worker?.jobs ?? []).map((job) => ({
    task: job.task,
    sector: job.sector,
    runningS: Math.max(0, Math.round((now.getTime() - Date.parse(job.start)) / 1000)),
  }));
}
