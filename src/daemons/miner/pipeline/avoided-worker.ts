import type { Step } from './step-name.ts';
import type { Sector } from './sector.ts';

/** A worker on which a step failed recently. */
export interface AvoidedWorker {
  readonly step: Step;
  /** URL. */
  readonly worker: string;
  /** Number of failures in a row. */
  readonly times: number;
  readonly until: number;
}

/** Time for which a step avoids the worker on which it failed, in milliseconds: longer than any pause before a retry. */
const avoidMs = 10 * 60_000;

/** Records the worker on which a step has just failed. */
export function withAvoidedWorker(sector: Sector, step: Step, worker: string, now: number): Sector {
  const known = sector.avoidedWorker;
  const times = known?.step === step && known.worker === worker ? known.times + 1 : 1;
  return { ...sector, avoidedWorker: { step, worker, times, until: now + avoidMs } };
}

/** The worker that a step avoids while another worker can take it. */
export function avoidedFor({ avoidedWorker: avoided }: Sector, step: Step): AvoidedWorker | undefined {
  if (avoided?.step !== step) return undefined;
  // On the same worker PC1 resumes from its last complete layer; elsewhere it starts over. So it gets one more attempt there.
  return avoided.times > (step === 'PC1' ? 1 : 0) ? avoided : undefined;
}
