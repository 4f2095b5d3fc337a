/** The state of a task of a worker. */
export type TaskPhase = 'assigned' | 'prepared' | 'running' | 'undelivered';

/**
 * The meaning of `RunWait` in the miner's listing: 2 and above assigned, 1 prepared, 0 running, below that a result not taken yet. Source:
 * docs/spec/lotus.md section 10.5.
 */
export function taskPhaseOf(runWait: number): TaskPhase {
  if (runWait >= 2) return 'assigned';
  if (runWait === 1) return 'prepared';
  return runWait === 0 ? 'running' : 'undelivered';
}
