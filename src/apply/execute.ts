import type { ExecutableStep } from '../plan/plan.ts';
import { Rollout, type RolloutHost, type RolloutPolicy, type ServingCounts } from '../plan/rollout.ts';
import type { ApplyEvent, ApplyResult } from './events.ts';
import type { ExecutionPorts } from './ports.ts';
import { runHost, type HostOutcome } from './run-host.ts';

export interface Execution {
  readonly steps: ReadonlyMap<string, readonly ExecutableStep[]>;
  readonly rollout: readonly RolloutHost[];
  readonly policy: RolloutPolicy;
  /** Workers that offer each task type as the rollout begins. */
  readonly serving: ServingCounts;
  readonly pauseMs: number;
}

/**
 * Carries out a plan: hosts in the order and numbers the rollout allows, each host's steps one after the other. With a pause between
 * waves the next hosts are begun together, once all before them have ended. From the moment a step fails no host is begun; the ones
 * under way are finished. Never throws for what happens on hosts.
 */
export async function execute(execution: Execution, ports: ExecutionPorts): Promise<ApplyResult> {
  const { pauseMs, policy } = execution;
  const rollout = new Rollout(execution.rollout, policy, execution.serving);
  const running = new Map<string, Promise<void>>();
  const outcomes = new Map<string, HostOutcome>();
  let halted: string | undefined;
  const notify = (event: ApplyEvent): void => {
    if (event.event === 'step-failed') halted ??= `${event.host} failed`;
    ports.notify(event);
  };
  const begin = async (host: string): Promise<void> => {
    const work = { host, steps: execution.steps.get(host) ?? [], isCanary: host === policy.canary };
    outcomes.set(host, await runHost(work, { ...ports, notify }));
    rollout.end(host);
    running.delete(host);
  };
  const goesOn = (): boolean => {
    if (ports.stopping.aborted) halted ??= 'the apply was interrupted';
    return halted === undefined;
  };
  const beginWhatMay = (): void => {
    while (goesOn()) {
      const host = rollout.startNext();
      if (host === undefined) return;
      running.set(host, begin(host));
    }
  };
  for (;;) {
    if (pauseMs === 0 || running.size === 0) beginWhatMay();
    if (running.size === 0) break;
    await Promise.race(running.values());
    if (pauseMs > 0 && running.size === 0 && rollout.waiting.length > 0 && goesOn())
      await ports.pause(pauseMs, ports.stopping);
  }
  return resultOf(execution, outcomes, halted, ports);
}

function resultOf(
  execution: Execution,
  outcomes: ReadonlyMap<string, HostOutcome>,
  halted: string | undefined,
  ports: ExecutionPorts,
): ApplyResult {
  const notStarted = execution.rollout.map(({ host }) => host).filter((host) => !outcomes.has(host));
  if (halted !== undefined && notStarted.length > 0) {
    ports.notify({ event: 'no-new-hosts', because: halted, waiting: notStarted });
  }
  const entries = [...outcomes];
  return {
    done: entries.flatMap(([host, { outcome }]) => (outcome === 'done' ? [host] : [])),
    failed: entries.flatMap(([host, outcome]) =>
      outcome.outcome === 'failed' ? [{ host, step: outcome.step, problems: outcome.problems }] : [],
    ),
    notStarted,
    interrupted: entries.flatMap(([host, outcome]) =>
      outcome.outcome === 'interrupted'
        ? [{ host, stepsDone: outcome.stepsDone, steps: execution.steps.get(host)?.length ?? 0 }]
        : [],
    ),
  };
}
