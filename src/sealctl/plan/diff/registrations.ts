import type { Observed, ListedWorker } from '../../model/observed.ts';
import type { WorkerSpec } from '../../spec/spec.ts';

/** Finds the miner's record of a worker by its label: sessions change, labels do not. */
export type Registrations = (worker: WorkerSpec | undefined) => ListedWorker | undefined;

/** Finds nothing where the miner does not answer. Goes through the miner's workers once, for there may be thousands. */
export function registrationsAt(miner: Observed['miner']): Registrations {
  const workers = 'unreachable' in miner ? [] : [...miner.workers.values()];
  const enabled = workers.filter((worker) => worker.enabled).toReversed();
  // Of several with one label the first counts.
  const byLabel = new Map(enabled.map((worker) => [worker.label, worker]));
  return (worker) => (worker === undefined ? undefined : byLabel.get(worker.label));
}
