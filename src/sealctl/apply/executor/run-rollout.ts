import type { ExecutableStep } from '../../model/plan.ts';
import { Rollout, type RolloutHost, type RolloutPolicy } from '../../plan/rollout/rollout.ts';
import type { ServingCounts, ServingNow } from '../../plan/order/serving.ts';
import { messageOf } from '@sealctl/core/problem/problem';
import type { ApplyEvent, ApplyResult } from './events.ts';
import type { RolloutPorts } from './ports.ts';
import { runHost, type HostOutcome } from './run-host.ts';

export interface RolloutInput {
  readonly steps: ReadonlyMap<string, readonly ExecutableStep[]>;
  readonly rollout: readonly RolloutHost[];
  readonly policy: RolloutPolicy;
  /** Workers that offer each task type as the rollout begins. */
  readonly serving: ServingCounts;
  readonly pauseMs: number;
}

/** A miner that was restarted lists its workers again within moments, and a worker that was missed once is back by then: two minutes. */
const askAgainMs = 5000;
const maxAsked = 24;

/**
 * Carries out a plan: hosts in the order and numbers the rollout allows, each host's steps one after the other. With a pause between
 * waves the next hosts are begun together, once all before them have ended. Where the rollout must keep workers serving, the miner is asked
 * before every start, and nothing that interrupts is begun while it does not answer. From the moment a step fails no host is begun; the ones
 * under way are finished. Never throws for what happens on hosts.
 */
export async function runRollout(input: RolloutInput, ports: RolloutPorts): Promise<ApplyResult> {
  const { pauseMs, policy } = input;
  const rollout = new Rollout(input.rollout, policy, input.serving);
  const running = new Map<string, Promise<void>>();
  const outcomes = new Map<string, HostOutcome>();
  let halted: string | undefined;
  const notify = (event: ApplyEvent): void => {
    if (event.event === 'step-failed') halted ??= `${event.host} failed`;
    ports.notify(event);
  };
  const begin = async (host: string): Promise<void> => {
    const run = { host, steps: input.steps.get(host) ?? [], isCanary: host === policy.canary };
    outcomes.set(host, await runHost(run, { ...ports, notify }));
    rollout.end(host);
    running.delete(host);
  };
  const goesOn = (): boolean => {
    if (ports.stopping.aborted) halted ??= messageOf(ports.stopping.reason);
    return halted === undefined;
  };
  const beginWhatMay = async (): Promise<void> => {
    if (rollout.dependsOnServing && goesOn()) rollout.see(await servingNow(ports));
    while (goesOn()) {
      const host = rollout.startNext();
      if (host === undefined) return;
      running.set(host, begin(host));
    }
  };
  let asked = 0;
  for (;;) {
    if (pauseMs === 0 || running.size === 0) await beginWhatMay();
    const { heldBack, waiting } = rollout;
    if (running.size > 0) {
      asked = 0;
      await Promise.race(running.values());
      if (pauseMs > 0 && running.size === 0 && waiting.length > 0 && goesOn())
        await ports.pause(pauseMs, ports.stopping);
    } else if (heldBack !== undefined && asked < maxAsked && goesOn()) {
      if (asked === 0) ports.notify({ event: 'rollout-waits', because: heldBack, waiting });
      asked += 1;
      await ports.pause(askAgainMs, ports.stopping);
    } else {
      const because = halted ?? heldBack ?? 'rollout.keepServing would be broken';
      return resultOf(input, outcomes, because, ports);
    }
  }
}

async function servingNow(ports: RolloutPorts): Promise<ServingNow> {
  try {
    return await ports.workers();
  } catch (thrown) {
    return { unreachable: messageOf(thrown) };
  }
}

function resultOf(
  input: RolloutInput,
  outcomes: ReadonlyMap<string, HostOutcome>,
  because: string,
  ports: RolloutPorts,
): ApplyResult {
  const notStarted = input.rollout.map(({ host }) => host).filter((host) => !outcomes.has(host));
  if (notStarted.length > 0) ports.notify({ event: 'no-new-hosts', because, waiting: notStarted });
  const entries = [...outcomes];
  return {
    done: entries.flatMap(([host, { outcome }]) => (outcome === 'done' ? [host] : [])),
    failed: entries.flatMap(([host, outcome]) =>
      outcome.outcome === 'failed' ? [failureOf(host, outcome)] : [],
    ),
    notStarted,
    interrupted: entries.flatMap(([host, outcome]) =>
      outcome.outcome === 'interrupted'
        ? [{ host, stepsDone: outcome.stepsDone, steps: input.steps.get(host)?.length ?? 0 }]
        : [],
    ),
  };
}

function failureOf(
  host: string,
  { step, problems, rolledBack }: Extract<HostOutcome, { outcome: 'failed' }>,
): ApplyResult['failed'][number] {
  return { host, step, problems, ...(rolledBack === undefined ? {} : { rolledBack }) };
}
