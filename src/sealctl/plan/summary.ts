import type { Change, PlanDocument } from '../model/plan.ts';

/** The counts of a plan, shared by all renderers. */
export interface PlanSummary {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  readonly drifted: number;
  readonly restarts: number;
  readonly waitedForTasks: number;
  /** Hosts that nothing is done to because of an error. */
  readonly blocked: readonly string[];
  readonly held: readonly string[];
  /** Things that are deleted, as `HOST: resource`; listed once more at the end of every rendering. */
  readonly destructive: readonly string[];
}

export function summarise(plan: PlanDocument): PlanSummary {
  const active = plan.hosts.filter((host) => host.hold === undefined);
  const changes = active.flatMap((host) => host.changes);
  const count = (action: Change['action']) => changes.filter((change) => change.action === action).length;
  const restarts = active.flatMap((host) => host.restarts);
  return {
    create: count('create'),
    update: count('update'),
    delete: count('delete'),
    drifted: changes.filter(isDrift).length,
    restarts: restarts.length,
    waitedForTasks: restarts.flatMap((restart) => restart.runningTasks).length,
    blocked: active.filter(({ blocked }) => blocked).map(({ host }) => host),
    held: plan.hosts.filter((host) => host.hold !== undefined).map((host) => host.host),
    destructive: active.flatMap((host) =>
      host.changes.filter((change) => change.action === 'delete').map((change) => change.resource),
    ),
  };
}

/** A change all of whose fields changed on the host rather than in cluster.yaml. */
export function isDrift(change: Change): boolean {
  return change.action !== 'create' && change.fields.every((field) => field.cause === 'drift');
}

/** Describes a fleet without changes; it covers only the hosts that were selected. */
export function standsText({ cluster, chosen }: PlanDocument): string {
  return chosen === true
    ? `the chosen hosts of ${cluster} match cluster.yaml`
    : `${cluster} matches cluster.yaml`;
}

/** True when not one of the hosts asked for could be read. */
export function noHostReadable({ hosts, unchangedHosts, unreachable }: PlanDocument): boolean {
  return hosts.length + unchangedHosts === 0 && unreachable.length > 0;
}

/** Joins host names. A long list ends with the number of the rest. */
export function hostList(hosts: readonly string[], max = 12): string {
  if (hosts.length <= max) return hosts.join(', ');
  return `${hosts.slice(0, max).join(', ')} and ${hosts.length - max} more`;
}

/** `1 worker`, `2 workers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
