import type { TaskCode } from '@sealctl/core/lotus/task-type';
import type { RolloutSpec } from '../../spec/spec.ts';
import {
  WorkersLeft,
  leftOf,
  type InterruptedDaemon,
  type ServingCounts,
  type ServingNow,
} from '../order/serving.ts';

/** A host with changes, as the rollout sees it. */
export interface RolloutHost {
  readonly host: string;
  /** The miner is created or restarted here: it goes before everything else, alone. */
  readonly carriesMiner: boolean;
  readonly interrupted: readonly InterruptedDaemon[];
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
  /** In the order of the rollout: the hosts that go alone come first. */
  readonly #waiting: Set<RolloutHost>;
  /** The number of waiting hosts that are not interrupted. At zero, no host can start once the limit is reached. */
  #harmless: number;
  readonly #running = new Map<string, RolloutHost>();
  readonly #policy: RolloutPolicy;
  readonly #planned: WorkersLeft;
  #now: WorkersLeft | { readonly unreachable: string } | undefined;
  #heldBack: string | undefined;

  /** `serving` counts the workers that offered each task type when the plan was made. */
  constructor(hosts: readonly RolloutHost[], policy: RolloutPolicy, serving: ServingCounts) {
    this.#waiting = new Set(inOrder(hosts, policy));
    this.#harmless = hosts.filter((host) => !isInterrupted(host)).length;
    this.#policy = policy;
    this.#planned = new WorkersLeft(serving, ({ before }) => before);
  }

  /** Names of the hosts that have not started, in order. */
  get waiting(): string[] {
    return [...this.#waiting].map(({ host }) => host);
  }

  /** True when the miner must be asked before every start, because its workers decide which hosts may start. */
  get dependsOnServing(): boolean {
    return Object.keys(this.#policy.keepServing).length > 0 && this.#waiting.size > this.#harmless;
  }

  /** Why a host did not start that the plan would have started, since the miner was asked last. */
  get heldBack(): string | undefined {
    return this.#heldBack;
  }

  /** Records the miner's current list of workers. Until the next call, no host starts that this list forbids. */
  see(now: ServingNow): void {
    this.#heldBack = undefined;
    this.#now =
      'unreachable' in now
        ? now
        : leftOf(
            now,
            [...this.#running.values()].flatMap(({ interrupted }) => interrupted),
          );
  }

  /** Starts the next host that may start now; undefined when none may. */
  startNext(): string | undefined {
    const host = this.#next();
    if (host === undefined) return undefined;
    this.#waiting.delete(host);
    if (!isInterrupted(host)) this.#harmless -= 1;
    this.#running.set(host.host, host);
    this.#planned.takeAway(host.interrupted);
    if (this.#now instanceof WorkersLeft) this.#now.takeAway(host.interrupted);
    return host.host;
  }

  /** Records that the work on a host has ended, with any result. */
  end(name: string): void {
    const host = this.#running.get(name);
    if (host === undefined) return;
    this.#running.delete(name);
    this.#planned.giveBack(host.interrupted);
  }

  #next(): RolloutHost | undefined {
    const { canary, inFlight, maxUnavailable } = this.#policy;
    const running = [...this.#running.values()];
    if (running.length >= inFlight || running.some((host) => goesAlone(host, canary))) return undefined;
    const hasSlot = running.filter(isInterrupted).length < maxUnavailable;
    if (!hasSlot && this.#harmless === 0) return undefined;
    for (const host of this.#waiting) {
      const may = !isInterrupted(host) || (hasSlot && this.#keepsServing(host));
      if (may) return host;
      // A host that goes alone waits at the head: no other overtakes it.
      if (goesAlone(host, canary)) return undefined;
    }
    return undefined;
  }

  #keepsServing(host: RolloutHost): boolean {
    const kept = Object.entries(this.#policy.keepServing) as [TaskCode, number][];
    if (kept.some(([code, min]) => this.#planned.fallsBelow(min, code, host.interrupted))) return false;
    const now = this.#now;
    if (now === undefined || kept.length === 0) return true;
    if (now instanceof WorkersLeft) {
      const short = kept.find(([code, min]) => now.fallsBelow(min, code, host.interrupted));
      if (short === undefined) return true;
      this.#heldBack ??= `interrupting ${host.host} would leave fewer workers that offer ${short[0]} now than keepServing demands (${short[1]})`;
      return false;
    }
    // A restart of the miner alone may be what makes it answer.
    if (host.carriesMiner && host.interrupted.every(({ label }) => label === undefined)) return true;
    this.#heldBack ??= `the miner does not list its workers: ${now.unreachable}`;
    return false;
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
