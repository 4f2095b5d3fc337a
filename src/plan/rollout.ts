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

/** Workers that offer each task type. */
export type ServingCounts = Readonly<Partial<Record<TaskCode, number>>>;

/** Hosts worked on at once where nothing is interrupted. */
const defaultInFlight = 50;

/**
 * The policy of a rollout that interrupts `interrupted` hosts while `down` others cannot be reached. A percentage is rounded down; hosts
 * that are down already take the place of hosts to interrupt. It is never none: one dead host must not hold back all others.
 */
export function rolloutPolicy(
  spec: RolloutSpec,
  { interrupted, down }: { readonly interrupted: number; readonly down: number },
): RolloutPolicy {
  const { maxUnavailable } = spec;
  const count =
    'count' in maxUnavailable
      ? maxUnavailable.count
      : Math.floor((interrupted * maxUnavailable.percent) / 100);
  return {
    maxUnavailable: Math.max(1, count - down),
    canary: spec.canary,
    order: spec.order ?? [],
    keepServing: spec.keepServing,
    inFlight: defaultInFlight,
  };
}

/**
 * A rollout on its way: what waits, what runs, and what every start costs. Nothing happens to a host here. The executor asks again
 * whenever a host has ended, and the plan's waves are what this answers when every host of a wave ends before the next wave begins.
 */
export class Rollout {
  /** In the order of the rollout: the hosts that go alone stand before all others. */
  readonly #waiting: Set<RolloutHost>;
  /** How many of those that wait are not interrupted: without any there is nothing to look for once the room is used up. */
  #harmless: number;
  readonly #running = new Map<string, RolloutHost>();
  readonly #policy: RolloutPolicy;
  /** Workers left that offer each task type: a host takes its own away as it starts and gives them back as it ends. */
  readonly #left: Map<TaskCode, number>;

  /** `serving` counts the workers that offered each task type when the plan was made. */
  constructor(hosts: readonly RolloutHost[], policy: RolloutPolicy, serving: ServingCounts) {
    this.#waiting = new Set(inOrder(hosts, policy));
    this.#harmless = hosts.filter((host) => !isInterrupted(host)).length;
    this.#policy = policy;
    this.#left = new Map(Object.entries(serving) as [TaskCode, number][]);
  }

  /** Names of the hosts that have not started, in order. */
  get waiting(): string[] {
    return [...this.#waiting].map(({ host }) => host);
  }

  /** Starts the next host that may start now; undefined when none may. */
  startNext(): string | undefined {
    const host = this.#next();
    if (host === undefined) return undefined;
    this.#waiting.delete(host);
    if (!isInterrupted(host)) this.#harmless -= 1;
    this.#running.set(host.host, host);
    this.#count(host, 'before', -1);
    return host.host;
  }

  /** Tells that a host has ended, however it ended. */
  end(name: string): void {
    const host = this.#running.get(name);
    if (host === undefined) return;
    this.#running.delete(name);
    this.#count(host, 'after', 1);
  }

  #next(): RolloutHost | undefined {
    const { canary, inFlight, maxUnavailable } = this.#policy;
    const running = [...this.#running.values()];
    if (running.length >= inFlight || running.some((host) => goesAlone(host, canary))) return undefined;
    const room = running.filter(isInterrupted).length < maxUnavailable;
    if (!room && this.#harmless === 0) return undefined;
    for (const host of this.#waiting) {
      const may = !isInterrupted(host) || (room && this.#keepsServing(host));
      if (goesAlone(host, canary)) return may && running.length === 0 ? host : undefined;
      if (may) return host;
    }
    return undefined;
  }

  #keepsServing({ interrupted }: RolloutHost): boolean {
    return Object.entries(this.#policy.keepServing).every(([key, least]) => {
      const code = key as TaskCode;
      const own = interrupted.filter(({ before }) => before.includes(code)).length;
      return own === 0 || (this.#left.get(code) ?? 0) - own >= least;
    });
  }

  #count({ interrupted }: RolloutHost, when: 'before' | 'after', sign: 1 | -1): void {
    for (const code of interrupted.flatMap((worker) => worker[when]))
      this.#left.set(code, (this.#left.get(code) ?? 0) + sign);
  }
}

/** The waves of a rollout in which every host succeeds; hosts that no wave can hold without breaking a limit are in `never`. */
export function waves(
  hosts: readonly RolloutHost[],
  policy: RolloutPolicy,
  serving: ServingCounts,
): { readonly waves: string[][]; readonly never: string[] } {
  const rollout = new Rollout(hosts, policy, serving);
  const result: string[][] = [];
  for (;;) {
    const wave: string[] = [];
    for (let host = rollout.startNext(); host !== undefined; host = rollout.startNext()) wave.push(host);
    if (wave.length === 0) return { waves: result, never: rollout.waiting };
    result.push(wave);
    for (const host of wave) rollout.end(host);
  }
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
  const places = new Map(order.map((host, place) => [host, place]));
  const rank = ({ host, carriesMiner }: RolloutHost) => {
    if (carriesMiner) return -2;
    return host === canary ? -1 : (places.get(host) ?? places.size);
  };
  return hosts.toSorted((a, b) => rank(a) - rank(b));
}

function goesAlone(host: RolloutHost, canary: string | undefined): boolean {
  return host.carriesMiner || host.host === canary;
}

function isInterrupted({ interrupted }: RolloutHost): boolean {
  return interrupted.length > 0;
}
