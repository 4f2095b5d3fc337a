import { taskByName, type TaskCode } from '../lotus/task-type.ts';
import type { RolloutSpec } from '../spec/spec.ts';

/** What the rollout must know of one host with changes. */
export interface RolloutHost {
  readonly host: string;
  /** The miner is created or restarted here: it goes before everything else, alone. */
  readonly carriesMiner: boolean;
  /** Task types of each worker that is interrupted and serves now, as it offers them before and after. */
  readonly interrupted: readonly {
    readonly before: readonly TaskCode[];
    readonly after: readonly TaskCode[];
  }[];
}

export interface RolloutPolicy {
  readonly maxUnavailable: number;
  readonly canary: string | undefined;
  /** Hosts that go before the others, in this order. */
  readonly order: readonly string[];
  readonly keepServing: Readonly<Partial<Record<TaskCode, number>>>;
  /** Hosts worked on at once, interrupted or not. */
  readonly inFlight: number;
}

export interface RolloutProgress {
  readonly running: ReadonlySet<string>;
  readonly done: ReadonlySet<string>;
}

/** Hosts worked on at once where nothing is interrupted. */
const defaultInFlight = 50;

/** The policy of a cluster of `hosts` hosts; a percentage is rounded down, but never to none. */
export function rolloutPolicy(spec: RolloutSpec, hosts: number): RolloutPolicy {
  const { maxUnavailable } = spec;
  const count =
    'count' in maxUnavailable ? maxUnavailable.count : Math.floor((hosts * maxUnavailable.percent) / 100);
  return {
    maxUnavailable: Math.max(1, count),
    canary: spec.canary,
    order: spec.order ?? [],
    keepServing: spec.keepServing,
    inFlight: defaultInFlight,
  };
}

/**
 * The hosts that may start now, in order. Pure: the executor asks again whenever a host is done, and the plan's waves are what this
 * answers when every host of a wave ends before the next wave begins.
 *
 * `serving` counts the workers that offered each task type when the plan was made.
 */
export function mayStart(
  hosts: readonly RolloutHost[],
  policy: RolloutPolicy,
  progress: RolloutProgress,
  serving: Readonly<Partial<Record<TaskCode, number>>>,
): string[] {
  const order = inOrder(hosts, policy);
  const waiting = order.filter((host) => !progress.running.has(host.host) && !progress.done.has(host.host));
  const started: RolloutHost[] = [];
  const running = () => [...order.filter((host) => progress.running.has(host.host)), ...started];
  for (const host of waiting) {
    const before = order.slice(0, order.indexOf(host)).filter((earlier) => goesAlone(earlier, policy.canary));
    if (before.some((earlier) => !progress.done.has(earlier.host))) break;
    if (goesAlone(host, policy.canary) && running().length > 0) break;
    if (running().length >= policy.inFlight) break;
    if (mayBeInterrupted(host, running(), order, policy, progress, serving)) started.push(host);
    if (goesAlone(host, policy.canary)) break;
  }
  return started.map((host) => host.host);
}

/** The waves of a rollout in which every host succeeds; hosts that no wave can hold without breaking a limit are in `never`. */
export function waves(
  hosts: readonly RolloutHost[],
  policy: RolloutPolicy,
  serving: Readonly<Partial<Record<TaskCode, number>>>,
): { readonly waves: string[][]; readonly never: string[] } {
  const done = new Set<string>();
  const result: string[][] = [];
  for (;;) {
    const wave = mayStart(hosts, policy, { running: new Set(), done }, serving);
    if (wave.length === 0) break;
    result.push(wave);
    for (const host of wave) done.add(host);
  }
  return { waves: result, never: hosts.map((host) => host.host).filter((host) => !done.has(host)) };
}

/** Workers offering each task type now, from their accepted full names. */
export function servingCounts(workers: Iterable<readonly string[]>): Partial<Record<TaskCode, number>> {
  const counts: Partial<Record<TaskCode, number>> = {};
  for (const tasks of workers) {
    for (const name of tasks) {
      const type = taskByName(name);
      if (type !== undefined) counts[type.code] = (counts[type.code] ?? 0) + 1;
    }
  }
  return counts;
}

function inOrder(hosts: readonly RolloutHost[], { canary, order }: RolloutPolicy): RolloutHost[] {
  const rank = ({ host, carriesMiner }: RolloutHost) => {
    if (carriesMiner) return -2;
    if (host === canary) return -1;
    return order.includes(host) ? order.indexOf(host) : order.length;
  };
  return hosts.toSorted((a, b) => rank(a) - rank(b));
}

function goesAlone(host: RolloutHost, canary: string | undefined): boolean {
  return host.carriesMiner || host.host === canary;
}

function mayBeInterrupted(
  host: RolloutHost,
  running: readonly RolloutHost[],
  all: readonly RolloutHost[],
  policy: RolloutPolicy,
  progress: RolloutProgress,
  serving: Readonly<Partial<Record<TaskCode, number>>>,
): boolean {
  if (host.interrupted.length === 0) return true;
  const out = [...running, host].filter((candidate) => candidate.interrupted.length > 0);
  if (out.length > policy.maxUnavailable) return false;
  const done = all.filter((candidate) => progress.done.has(candidate.host));
  return Object.entries(policy.keepServing).every(([code, least]) => {
    const lost = count(out, code, 'before') + count(done, code, 'before') - count(done, code, 'after');
    const affected = count([host], code, 'before') > 0;
    return !affected || (serving[code as TaskCode] ?? 0) - lost >= least;
  });
}

function count(hosts: readonly RolloutHost[], code: string, when: 'before' | 'after'): number {
  return hosts
    .flatMap((host) => host.interrupted)
    .filter((worker) => worker[when].some((task) => task === code)).length;
}
