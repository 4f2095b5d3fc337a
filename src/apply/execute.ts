import type { DaemonRef } from '../kinds/kind.ts';
import type { Operation, WorkerOperation } from '../host/operation.ts';
import { ProblemError, messageOf, type Problem } from '../problem/problem.ts';
import type { ExecutableStep } from '../plan/plan.ts';
import { Rollout, type RolloutHost, type RolloutPolicy, type ServingCounts } from '../plan/rollout.ts';
import type { ApplyEvent, ApplyResult } from './events.ts';

/** What apply may do to one host. Over SSH in the product, in memory in the property tests. */
export interface HostPort {
  readonly run: (operation: Operation, context: StepContext) => Promise<void>;
  readonly runOnWorker: (
    daemon: DaemonRef,
    operation: WorkerOperation,
    context: StepContext,
  ) => Promise<void>;
  /** Throws when what the steps write cannot be written; asked before the first daemon is interrupted. */
  readonly assertRoom: (steps: readonly ExecutableStep[], context: StepContext) => Promise<void>;
  /** Leaves a line on the host of what was done there. */
  readonly record: (outcome: HostRecord) => Promise<void>;
  /** What must hold after the last step before the host counts as done; throws when it does not. */
  readonly gate: (steps: readonly ExecutableStep[], context: StepContext) => Promise<void>;
  /** Remembers what the steps are about to replace, so that `goBack` can restore it. */
  readonly remember: (steps: readonly ExecutableStep[], context: StepContext) => Promise<void>;
  /** Restores what `remember` kept of what these steps have replaced, and starts the daemons on it again that they stopped or started. */
  readonly goBack: (steps: readonly ExecutableStep[], context: StepContext) => Promise<void>;
}

/** How the work on a host ended, for the history that is kept there. */
export interface HostRecord {
  readonly outcome: 'done' | 'failed' | 'interrupted';
  readonly stepsDone: number;
  readonly steps: number;
  /** The step that failed, and why. */
  readonly failure?: string;
}

export interface StepContext {
  /** Fires when the step must be broken off at once. */
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface Execution {
  readonly steps: ReadonlyMap<string, readonly ExecutableStep[]>;
  readonly rollout: readonly RolloutHost[];
  readonly policy: RolloutPolicy;
  /** Workers that offer each task type as the rollout begins. */
  readonly serving: ServingCounts;
  readonly pauseMs: number;
}

export interface ExecutionPorts {
  readonly host: (name: string) => Promise<HostPort>;
  readonly now: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly notify: (event: ApplyEvent) => void;
  /** First stage of an interruption: running steps end, nothing new begins. */
  readonly stopping: AbortSignal;
  /** Second stage: everything is broken off. */
  readonly aborting: AbortSignal;
}

type HostOutcome =
  | { readonly outcome: 'done' }
  | {
      readonly outcome: 'failed';
      readonly stepsDone: number;
      readonly step: string;
      readonly problems: readonly Problem[];
    }
  | { readonly outcome: 'interrupted'; readonly stepsDone: number };

/**
 * Carries out a plan: hosts in the order and numbers the rollout allows, each host's steps one after the other. After a failure no
 * host is begun; the ones under way are finished. Never throws for what happens on hosts.
 */
export async function execute(execution: Execution, ports: ExecutionPorts): Promise<ApplyResult> {
  const rollout = new Rollout(execution.rollout, execution.policy, execution.serving);
  const running = new Map<string, Promise<readonly [string, HostOutcome]>>();
  const outcomes = new Map<string, HostOutcome>();
  let halted: string | undefined;
  for (;;) {
    halted ??= ports.stopping.aborted ? 'the apply was interrupted' : undefined;
    for (;;) {
      const host = halted === undefined ? rollout.startNext() : undefined;
      if (host === undefined) break;
      running.set(
        host,
        runHost(host, execution, ports).then((outcome) => [host, outcome] as const),
      );
    }
    if (running.size === 0) break;
    const [host, outcome] = await Promise.race(running.values());
    running.delete(host);
    rollout.end(host);
    outcomes.set(host, outcome);
    if (outcome.outcome === 'failed') halted ??= `${host} failed`;
    const waiting = execution.rollout.length - outcomes.size - running.size;
    if (halted === undefined && waiting > 0) await ports.pause(execution.pauseMs, ports.stopping);
  }
  return resultOf(execution, outcomes, halted, ports);
}

async function runHost(host: string, execution: Execution, ports: ExecutionPorts): Promise<HostOutcome> {
  const steps = execution.steps.get(host) ?? [];
  const began = ports.now();
  ports.notify({ event: 'host-started', host, steps: steps.length });
  let port: HostPort;
  try {
    port = await ports.host(host);
  } catch (thrown) {
    return failed(host, 0, 'connect', thrown, ports);
  }
  const outcome =
    host === execution.policy.canary
      ? await runCanary(host, steps, port, ports)
      : await runSteps(host, steps, port, ports);
  // What happened has happened: a host that cannot take the line down is no failure of what was done.
  await port.record(recordOf(outcome, steps.length)).catch(() => undefined);
  if (outcome.outcome === 'done') ports.notify({ event: 'host-done', host, tookMs: ports.now() - began });
  return outcome;
}

/** A canary that fails goes back to what it had: it was meant to find out, not to stay broken. */
async function runCanary(
  host: string,
  steps: readonly ExecutableStep[],
  port: HostPort,
  ports: ExecutionPorts,
): Promise<HostOutcome> {
  const context = contextOf(host, steps.length, ports, false);
  try {
    await port.remember(steps, context);
  } catch (thrown) {
    return failed(host, 0, 'remember the present state', thrown, ports);
  }
  const outcome = await runSteps(host, steps, port, ports);
  if (outcome.outcome !== 'failed') return outcome;
  try {
    // What was never begun is as it was: a daemon that still works off its tasks must not be stopped for the sake of going back.
    await port.goBack(steps.slice(0, outcome.stepsDone + 1), context);
    ports.notify({ event: 'went-back', host });
    return outcome;
  } catch (thrown) {
    return { ...outcome, problems: [...outcome.problems, ...problemsOf(thrown, host)] };
  }
}

async function runSteps(
  host: string,
  steps: readonly ExecutableStep[],
  port: HostPort,
  ports: ExecutionPorts,
): Promise<HostOutcome> {
  const gate = steps.findIndex((step) => step.afterGate === true);
  const last = gate === -1 ? steps.length : gate;
  const first = steps.findIndex((step) => step.interrupts);
  for (const [index, step] of steps.entries()) {
    if (index === last) {
      const gated = await runGate(host, last, steps, port, ports);
      if (gated !== undefined) return gated;
    }
    if (ports.stopping.aborted) return { outcome: 'interrupted', stepsDone: index };
    if (index === first) {
      const context = contextOf(host, index, ports, false);
      try {
        await port.assertRoom(steps.slice(index), context);
      } catch (thrown) {
        return failed(host, index, 'look whether files can be written', thrown, ports);
      }
    }
    const outcome = await runStep(host, index, step, port, ports);
    if (outcome !== undefined) return outcome;
  }
  const gated = last === steps.length ? await runGate(host, last, steps, port, ports) : undefined;
  return gated ?? { outcome: 'done' };
}

function recordOf(outcome: HostOutcome, steps: number): HostRecord {
  switch (outcome.outcome) {
    case 'done':
      return { outcome: 'done', stepsDone: steps, steps };
    case 'interrupted':
      return { outcome: 'interrupted', stepsDone: outcome.stepsDone, steps };
    case 'failed': {
      const failure = `${outcome.step}: ${outcome.problems.map(({ summary }) => summary).join('; ')}`;
      return { outcome: 'failed', stepsDone: outcome.stepsDone, steps, failure };
    }
  }
}

async function runStep(
  host: string,
  index: number,
  step: ExecutableStep,
  port: HostPort,
  ports: ExecutionPorts,
): Promise<HostOutcome | undefined> {
  const began = ports.now();
  ports.notify({ event: 'step-started', host, index, title: step.title });
  try {
    const context = contextOf(host, index, ports, isWait(step));
    if (step.on === 'host') await port.run(step.operation, context);
    else await port.runOnWorker(step.daemon ?? { role: 'miner' }, step.operation, context);
  } catch (thrown) {
    // A wait that an interruption broke off has not failed: nothing went wrong on the host.
    if (ports.stopping.aborted && isWait(step)) return { outcome: 'interrupted', stepsDone: index };
    return failed(host, index, step.title, thrown, ports);
  }
  ports.notify({ event: 'step-done', host, index, title: step.title, tookMs: ports.now() - began });
  return undefined;
}

async function runGate(
  host: string,
  index: number,
  steps: readonly ExecutableStep[],
  port: HostPort,
  ports: ExecutionPorts,
): Promise<HostOutcome | undefined> {
  try {
    await port.gate(steps, contextOf(host, index, ports, true));
    return undefined;
  } catch (thrown) {
    if (ports.stopping.aborted) return { outcome: 'interrupted', stepsDone: index };
    return failed(host, index, 'health gate', thrown, ports);
  }
}

function contextOf(host: string, index: number, ports: ExecutionPorts, wait: boolean): StepContext {
  return {
    // Nothing is half-done by a wait, so the first stage of an interruption ends it too.
    signal: wait ? AbortSignal.any([ports.stopping, ports.aborting]) : ports.aborting,
    progress: (text) => ports.notify({ event: 'step-progress', host, index, text }),
  };
}

function isWait(step: ExecutableStep): boolean {
  return step.on === 'worker' && step.operation.do.startsWith('await-');
}

function failed(
  host: string,
  index: number,
  title: string,
  thrown: unknown,
  ports: ExecutionPorts,
): HostOutcome {
  const problems = problemsOf(thrown, host);
  ports.notify({ event: 'step-failed', host, index, title, problems });
  return { outcome: 'failed', stepsDone: index, step: title, problems };
}

/** What went wrong on a host, in problems, whatever was thrown. */
export function problemsOf(thrown: unknown, host: string): readonly Problem[] {
  if (thrown instanceof ProblemError) return thrown.problems;
  return [
    { code: 'step-failed', severity: 'error', summary: messageOf(thrown), where: { in: 'host', host } },
  ];
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
