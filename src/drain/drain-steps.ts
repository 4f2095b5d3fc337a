import type { Hold } from '../host/facts.ts';
import type { ExecutableStep } from '../plan/plan.ts';
import { startSteps, stopSteps, type DaemonState } from '../plan/sequence.ts';

/**
 * Takes a host's workers out of service: the hold first, so that whoever looks knows why, then every worker is relieved before any is
 * waited for, so that work moves elsewhere at once. The miner is no worker: it keeps running.
 */
export function drainSteps(daemons: readonly DaemonState[], hold: Hold): ExecutableStep[] {
  const running = daemons.filter((state) => state.daemon.role === 'worker' && state.running);
  const sequences = running.map(stopSteps);
  const relieve = sequences.flatMap((steps) => steps.filter(isRelieve));
  const rest = sequences.flatMap((steps) => steps.filter((step) => !isRelieve(step)));
  return [
    { title: 'put the host on hold', interrupts: true, on: 'host', operation: { do: 'set-hold', hold } },
    ...relieve,
    ...rest,
  ];
}

/** Brings a drained host back: the hold goes, every worker starts and is awaited. */
export function undrainSteps(daemons: readonly DaemonState[]): ExecutableStep[] {
  const stopped = daemons.filter((state) => state.daemon.role === 'worker' && state.wanted && !state.running);
  return [
    ...stopped.flatMap(startSteps),
    { title: 'lift the hold', interrupts: false, on: 'host', operation: { do: 'clear-hold' } },
  ];
}

function isRelieve(step: ExecutableStep): boolean {
  return step.on === 'worker' && step.operation.do === 'relieve';
}
