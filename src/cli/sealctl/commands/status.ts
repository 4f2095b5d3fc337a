import { buildCommand } from '@stricli/core';
import { kinds } from '../../../kinds/index.ts';
import type { Resource } from '../../../kinds/kind.ts';
import type { ObservedHost } from '../../../kinds/observed.ts';
import { impliedTasks, inTaskOrder, taskByName, type TaskCode } from '../../../lotus/task-type.ts';
import type { Observation } from '../../../observe/observe.ts';
import { serviceOf } from '../../../plan/diff-host.ts';
import type { MadePlan } from '../../../plan/make-plan.ts';
import { registered } from '../../../plan/plan-host.ts';
import type { HostPlan } from '../../../plan/plan.ts';
import { isDrift } from '../../../plan/summary.ts';
import type { HostSpec, Spec, WorkerSpec } from '../../../spec/spec.ts';
import { renderTable } from '../../../ui/table.ts';
import { exitCodes, type SealctlContext } from '../context.ts';
import { withFleet } from '../fleet-session.ts';
import {
  clusterAliases,
  clusterFlags,
  formatFlag,
  hostFilter,
  hostFlags,
  type ClusterFlags,
  patienceFlags,
  type PatienceFlags,
  type FormatFlag,
  type HostFlags,
} from '../flags.ts';
import { loadForCommand } from '../load.ts';

interface Flags extends ClusterFlags, PatienceFlags, HostFlags, FormatFlag {}

/** One worker as `status` shows it. */
interface WorkerStatus {
  readonly host: string;
  readonly worker: string;
  /** Service and registration in a word: up, disabled, unregistered, stopped, held, unreachable. */
  readonly state: string;
  readonly tasks: readonly TaskCode[];
  readonly limits: Readonly<Partial<Record<TaskCode, number>>>;
  /** `PC1(1) PC2(1)`: what the miner lists for it. */
  readonly running: string;
  readonly note: string;
}

export const statusCommand = buildCommand<Flags, [], SealctlContext>({
  docs: {
    brief: 'show hosts, workers, tasks, limits, drift and holds',
    fullDescription: [
      'Reads only. Exits 1 when a host or worker is not as it should be.',
      '',
      'EXAMPLES',
      '  sealctl status',
      "  sealctl status --host 'prover-*' --format json",
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...clusterFlags,
      ...patienceFlags,
      ...hostFlags,
      ...formatFlag,
    },
    aliases: clusterAliases,
  },
  async func(flags) {
    const { spec } = loadForCommand(this, flags.file);
    const only = hostFilter(flags.host);
    const status = await withFleet(this, spec, flags, async (session) => {
      const observation = await session.observe(only);
      const plan = session.plan(observation, only);
      const hosts = spec.hosts.filter((host) => only?.(host.name) ?? true);
      const workers = hosts.flatMap((host) =>
        hostStatus(host, session.resources.get(host.name) ?? [], observation, plan),
      );
      return { cluster: spec.cluster, miner: minerStatus(spec, observation), workers };
    });
    this.process.stdout.write(
      flags.format === 'json'
        ? `${JSON.stringify(status, undefined, 2)}\n`
        : statusText(status, this.terminal.columns),
    );
    const well =
      status.miner.answers && status.workers.every(({ state }) => state === 'up' || state === 'held');
    this.process.exitCode = well ? exitCodes.ok : exitCodes.error;
  },
});

interface MinerStatus {
  readonly host: string;
  readonly answers: boolean;
  readonly text: string;
}

function minerStatus(spec: Spec, { observed }: Observation): MinerStatus {
  const { host, listen } = spec.miner;
  const { miner } = observed;
  if ('unreachable' in miner) return { host, answers: false, text: `does not answer: ${miner.unreachable}` };
  return {
    host,
    answers: true,
    text: `${miner.actor} at ${listen.host}:${listen.port}, ${miner.workers.size} workers listed${appliedText(observed.hosts.get(host))}`,
  };
}

/** Which git revision of cluster.yaml the fleet was last made to match, where it was applied from a repository. */
function appliedText(found: ObservedHost | undefined): string {
  const revision = found?.reachable === true ? (found.facts.inventory?.revision ?? '') : '';
  return revision === '' ? '' : `, last applied from ${revision}`;
}

function hostStatus(
  host: HostSpec,
  resources: readonly Resource[],
  { observed }: Observation,
  plan: MadePlan,
): WorkerStatus[] {
  const found = observed.hosts.get(host.name);
  const hostPlan = plan.document.hosts.find((candidate) => candidate.host === host.name);
  return host.workers.map((worker) => {
    const listed = registered(observed.miner, worker);
    const answers = found?.reachable === true ? found.workers.get(worker.name) : undefined;
    const accepted = answers === undefined || 'unreachable' in answers ? [] : answers.tasks;
    return {
      host: host.name,
      worker: worker.name,
      state: stateOf(worker, resources, found, listed !== undefined),
      tasks: inTaskOrder(accepted.flatMap(codeOf)).filter((code) => !impliedTasks.includes(code)),
      limits: worker.limits,
      running: runningText((listed?.jobs ?? []).map((job) => job.task)),
      note: noteOf(found, hostPlan),
    };
  });
}

function stateOf(
  worker: WorkerSpec,
  resources: readonly Resource[],
  found: ObservedHost | undefined,
  listed: boolean,
): string {
  if (found?.reachable !== true) return 'unreachable';
  const service = serviceOf({ role: 'worker', name: worker.name }, found.facts, resources, kinds);
  if (found.facts.hold !== undefined) return 'held';
  if (service?.running !== true) return 'stopped';
  return listed ? 'up' : 'unregistered';
}

function noteOf(found: ObservedHost | undefined, plan: HostPlan | undefined): string {
  if (found?.reachable !== true) return found?.reason ?? '';
  const { hold } = found.facts;
  if (hold !== undefined) return `${hold.who} since ${hold.since}: ${hold.why}`;
  const drifted = (plan?.changes ?? []).filter(isDrift).length;
  const changed = (plan?.changes.length ?? 0) - drifted;
  return [
    drifted > 0 ? `${drifted} drifted` : '',
    changed > 0 ? `${changed} to apply` : '',
    ...errorsOf(plan),
  ]
    .filter((text) => text !== '')
    .join(', ');
}

function errorsOf(plan: HostPlan | undefined): string[] {
  return (plan?.findings ?? []).map((finding) => finding.summary);
}

function runningText(tasks: readonly string[]): string {
  const codes = inTaskOrder(tasks.flatMap(codeOf));
  return codes
    .map((code) => `${code}(${tasks.flatMap(codeOf).filter((other) => other === code).length})`)
    .join(' ');
}

function codeOf(name: string): TaskCode[] {
  const type = taskByName(name);
  return type === undefined ? [] : [type.code];
}

function statusText(
  status: {
    readonly cluster: string;
    readonly miner: MinerStatus;
    readonly workers: readonly WorkerStatus[];
  },
  width: number,
): string {
  const rows = status.workers.map((worker) => [
    worker.host,
    worker.worker,
    worker.state,
    worker.tasks
      .map((code) => (worker.limits[code] === undefined ? code : `${code}(${worker.limits[code]})`))
      .join(' '),
    worker.running,
    worker.note,
  ]);
  return [
    status.cluster,
    `miner on ${status.miner.host}: ${status.miner.text}`,
    '',
    renderTable({ columns: ['host', 'worker', 'state', 'tasks(limit)', 'running', 'note'], rows, width }),
  ].join('\n');
}
