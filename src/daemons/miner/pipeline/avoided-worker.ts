import type { Step } from './step-name.ts';
import type { Sector } from './sector.ts';

/** A worker on which a step failed, for a while. */
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

/** Remembers on which worker a step failed just now. */
export function withAvoidedWorker(sector: Sector, step: Step, worker: string, now: number): Sector {
  const known = sector.avoidedWorker;
  const times = known?.step === step && known.worker === worker ? known.times + 1 : 1;
  return { ...sector, avoidedWorker: { step, worker, times, until: now + avoidMs } };
}

/** The worker that a step avoids while another can take it. */
export function avoidedFor({ avoidedWorker: avoided }: Sector, step: Step): AvoidedWorker | undefined {
  if (avoided?.step !== step) return undefined;
  // PC1 goes on at its last whole layer where it was, and from nothing elsewhere: it gets one more try there.
  return avoided.times > (step === 'PC1' ? 1 : 0) ? avoided : undefined;
}
