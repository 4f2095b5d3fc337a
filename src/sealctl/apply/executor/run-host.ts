import type { ExecutableStep } from '../../model/plan.ts';
import { ProblemError, messageOf, type Problem } from '@sealctl/core/problem/problem';
import type { RolloutPorts, HostExecutor, HostRecord, StepContext } from './ports.ts';

/** The work on one host. */
export interface HostRun {
  readonly host: string;
  readonly steps: readonly ExecutableStep[];
  readonly isCanary: boolean;
}

export type HostOutcome =
  | { readonly outcome: 'done' }
  | {
      readonly outcome: 'failed';
      readonly stepsDone: number;
      readonly step: string;
      readonly problems: readonly Problem[];
      readonly rolledBack?: true;
    }
  | { readonly outcome: 'interrupted'; readonly stepsDone: number };

/** Carries out the steps of one host, one after the other. Never throws for what happens there. */
export async function runHost(hostRun: HostRun, ports: RolloutPorts): Promise<HostOutcome> {
  const { host, steps } = hostRun;
  const began = ports.now();
  ports.notify({ event: 'host-started', host, steps: steps.length });
  const outcome = await connectAndRun(hostRun, ports);
  if (outcome.outcome === 'failed') ports.notify({ event: 'host-failed', host });
  if (outcome.outcome === 'done') ports.notify({ event: 'host-done', host, tookMs: ports.now() - began });
  return outcome;
}

async function connectAndRun({ host, steps, isCanary }: HostRun, ports: RolloutPorts): Promise<HostOutcome> {
  let port: HostExecutor;
  try {
    port = await ports.host(host);
  } catch (thrown) {
    return failed(host, 0, 'connect', thrown, ports);
  }
  const outcome = await (isCanary ? runCanary : runSteps)(host, steps, port, ports);
  // A host that cannot record its history line does not make the work on it fail.
  await port.record(recordOf(outcome, steps.length)).catch(() => undefined);
  return outcome;
}

/** Rolls a failed canary back to its previous release and configuration. */
async function runCanary(
  host: string,
  steps: readonly ExecutableStep[],
  port: HostExecutor,
  ports: RolloutPorts,
): Promise<HostOutcome> {
  const context = contextOf(host, steps.length, ports, false);
  try {
    await port.snapshotFiles(steps, context);
  } catch (thrown) {
    return failed(host, 0, 'save the current state', thrown, ports);
  }
  const outcome = await runSteps(host, steps, port, ports);
  if (outcome.outcome !== 'failed') return outcome;
  // Daemons without a started step are unchanged: one with running tasks must not be stopped only to roll back.
  const startedSteps = steps.slice(0, outcome.stepsDone + 1);
  try {
    await port.drainWorkers(startedSteps, contextOf(host, steps.length, ports, true));
  } catch (thrown) {
    const why = ports.stopping.aborted ? [rollbackInterrupted(host)] : problemsOf(thrown, host);
    return { ...outcome, problems: [...outcome.problems, ...why] };
  }
  try {
    await port.rollBack(startedSteps, context);
    ports.notify({ event: 'rolled-back', host });
    return { ...outcome, rolledBack: true };
  } catch (thrown) {
    return { ...outcome, problems: [...outcome.problems, ...problemsOf(thrown, host)] };
  }
}

function rollbackInterrupted(host: string): Problem {
  return {
    code: 'rollback-interrupted',
    severity: 'error',
    summary: `${host} was not rolled back`,
    where: { in: 'host', host },
    why: 'the apply was interrupted while the workers finished their tasks',
    fix: 'revert the change in cluster.yaml and run sealctl apply again',
  };
}

async function runSteps(
  host: string,
  steps: readonly ExecutableStep[],
  port: HostExecutor,
  ports: RolloutPorts,
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
        await port.assertWritable(steps.slice(index), context);
      } catch (thrown) {
        return failed(host, index, 'check that files can be written', thrown, ports);
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
      const problems = outcome.problems.map(({ summary }) => summary);
      const failure = `${outcome.step}: ${[...problems, ...(outcome.rolledBack ? ['rolled back'] : [])].join('; ')}`;
      return { outcome: 'failed', stepsDone: outcome.stepsDone, steps, failure };
    }
  }
}

async function runStep(
  host: string,
  index: number,
  step: ExecutableStep,
  port: HostExecutor,
  ports: RolloutPorts,
): Promise<HostOutcome | undefined> {
  const began = ports.now();
  ports.notify({ event: 'step-started', host, index, title: step.title });
  try {
    const context = contextOf(host, index, ports, isWait(step));
    if (step.on === 'host') await port.run(step.operation, context);
    else await port.runOnWorker(step.daemon ?? { role: 'miner' }, step.operation, context);
  } catch (thrown) {
    // A wait that an interruption ended is not a failure of the host.
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
  port: HostExecutor,
  ports: RolloutPorts,
): Promise<HostOutcome | undefined> {
  try {
    await port.gate(steps, contextOf(host, index, ports, true));
    return undefined;
  } catch (thrown) {
    if (ports.stopping.aborted) return { outcome: 'interrupted', stepsDone: index };
    return failed(host, index, 'health gate', thrown, ports);
  }
}

function contextOf(host: string, index: number, ports: RolloutPorts, wait: boolean): StepContext {
  return {
    // A wait leaves nothing half-done, so the first stage of an interruption ends it.
    signal: wait ? AbortSignal.any([ports.stopping, ports.aborting]) : ports.aborting,
    progress: (text) => ports.notify({ event: 'step-progress', host, index, text }),
  };
}

function isWait(step: ExecutableStep): boolean {
  return step.operation.do === 'drain' || step.operation.do.startsWith('await-');
}

function failed(
  host: string,
  index: number,
  title: string,
  thrown: unknown,
  ports: RolloutPorts,
): HostOutcome {
  const problems = problemsOf(thrown, host);
  ports.notify({ event: 'step-failed', host, index, title, problems });
  return { outcome: 'failed', stepsDone: index, step: title, problems };
}

/** Converts any thrown value into problems of a host. */
export function problemsOf(thrown: unknown, host: string): readonly Problem[] {
  if (thrown instanceof ProblemError) return thrown.problems;
  return [
    { code: 'step-failed', severity: 'error', summary: messageOf(thrown), where: { in: 'host', host } },
  ];
}
