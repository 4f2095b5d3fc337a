import type { HostPlan, PlanDocument } from '../model/plan.ts';
import { isDrift } from '../plan/summary.ts';
import type { Spec } from '../spec/spec.ts';

/** The status of a host apart from its workers: its own drift, changes and findings. A host without workers has all of it here. */
export interface HostStatus {
  readonly host: string;
  readonly note: string;
  /** Changes that wait for an apply, and a hold, are in order; drift, errors and silence are not. */
  readonly well: boolean;
}

/** Hosts with something to tell, in the order of the plan: those without a worker, the miner's, and those removed from cluster.yaml too. */
export function hostStatuses(spec: Spec, plan: PlanDocument): HostStatus[] {
  const workers = new Map(spec.hosts.map((host) => [host.name, host.workers.map(({ name }) => name)]));
  const read = plan.hosts.flatMap((host) => {
    const note = hostNote(host, workers.get(host.host) ?? []);
    const well = isWell(host);
    return note === '' && well ? [] : [{ host: host.host, note: note || 'a worker drifted', well }];
  });
  const silent = plan.unreachable
    .filter(({ host }) => (workers.get(host) ?? []).length === 0)
    .map(({ host, reason }) => ({ host, note: `unreachable: ${reason}`, well: false }));
  return [...read, ...silent];
}

function hostNote(host: HostPlan, workers: readonly string[]): string {
  const own = host.changes.filter(({ daemon }) => daemon === undefined || !workers.includes(daemon));
  return joined([
    host.removed ? 'removed from cluster.yaml' : '',
    workers.length === 0 ? holdText(host.hold) : '',
    changesText(own),
    ...host.findings.map(({ summary }) => summary),
  ]);
}

function isWell({ hold, changes, findings }: HostPlan): boolean {
  if (hold !== undefined) return true;
  return !changes.some(isDrift) && findings.every(({ severity }) => severity !== 'error');
}

/** Hold and changes of one worker. */
export function workerNote(host: HostPlan | undefined, worker: string): string {
  if (host === undefined) return '';
  return holdText(host.hold) || changesText(host.changes.filter(({ daemon }) => daemon === worker));
}

function holdText(hold: HostPlan['hold']): string {
  if (hold === undefined) return '';
  const until = hold.until === undefined ? '' : `, until ${hold.until}`;
  return `${hold.who} since ${hold.since}: ${hold.why}${until}`;
}

function changesText(changes: HostPlan['changes']): string {
  const drifted = changes.filter(isDrift).length;
  const changed = changes.length - drifted;
  return joined([drifted > 0 ? `${drifted} drifted` : '', changed > 0 ? `${changed} to apply` : '']);
}

function joined(parts: readonly string[]): string {
  return parts.filter((text) => text !== '').join(', ');
}
