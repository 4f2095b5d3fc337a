import type { Hold } from '../host/probe/facts.ts';
import type { ObservedWorker } from '../model/observed.ts';
import { acceptedTasks } from '../kinds/worker/worker-command.ts';
import { taskByName } from '@sealctl/core/lotus/task-type';
import { daemonName, type ExecutableStep } from '../model/plan.ts';
import { startSteps, stopSteps, type DaemonState } from '../plan/order/sequence.ts';

/**
 * Begins to take a host's workers out of service: the hold first, so that whoever looks knows why, then every worker is cordoned before
 * any is waited for, so that work moves elsewhere at once. The miner is no worker: it keeps running.
 */
export function beginSteps(daemons: readonly DaemonState[], hold: Hold): ExecutableStep[] {
  return [
    { title: 'put the host on hold', interrupts: true, on: 'host', operation: { do: 'set-hold', hold } },
    ...stopOf(daemons).filter(isCordon),
  ];
}

/** Stops the workers of a host that nothing keeps from being stopped; a task that came in between is still waited for. */
export function endSteps(daemons: readonly DaemonState[]): ExecutableStep[] {
  return stopOf(daemons).filter((step) => !isCordon(step));
}

/**
 * Brings a drained host back: starts every worker that was stopped and waits for it, lets a worker that still runs, because the drain was
 * canceled, accept again what cluster.yaml says, and removes the hold. A worker that was removed from cluster.yaml stays as it is.
 * `workers` is what the workers report.
 */
export function undrainSteps(
  daemons: readonly DaemonState[],
  workers: ReadonlyMap<string, ObservedWorker | { readonly unreachable: string }>,
): ExecutableStep[] {
  return [
    ...daemons.filter(({ worker, running }) => worker !== undefined && !running).flatMap(startSteps),
    ...daemons.filter(({ running }) => running).flatMap((state) => acceptAgain(state, workers)),
    { title: 'lift the hold', interrupts: false, on: 'host', operation: { do: 'clear-hold' } },
  ];
}

function acceptAgain(
  { daemon, worker: spec }: DaemonState,
  workers: Parameters<typeof undrainSteps>[1],
): ExecutableStep[] {
  if (spec === undefined) return [];
  const found = workers.get(spec.name);
  if (found === undefined || 'unreachable' in found) return [];
  const wanted = acceptedTasks(spec.tasks).filter(isSwitchable);
  const enable = wanted.filter((name) => !found.tasks.includes(name));
  if (enable.length === 0) return [];
  return [
    {
      title: `let ${daemonName(daemon)} take tasks again`,
      daemon,
      interrupts: false,
      on: 'worker',
      operation: { do: 'set-tasks', enable, disable: [] },
    },
  ];
}

function stopOf(daemons: readonly DaemonState[]): ExecutableStep[] {
  return daemons.filter((state) => state.daemon.role === 'worker' && state.running).flatMap(stopSteps);
}

function isCordon(step: ExecutableStep): boolean {
  return step.operation.do === 'cordon';
}

function isSwitchable(name: string): boolean {
  return taskByName(name)?.toggle === true;
}
