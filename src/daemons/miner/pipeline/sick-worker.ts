import type { Step } from './step-name.ts';
import type { Sector } from './sector.ts';

/** A worker on which a step failed, for a while. */
export interface SickWorker {
  readonly step: Step;
  /** URL. */
  readonly worker: string;
  /** How often in a row. */
  readonly times: number;
  readonly until: number;
}

/** How long a step is kept from the worker on which it failed, in milliseconds: longer than any pause before the next try. */
const sickMs = 10 * 60_000;

/** Remembers on which worker a step failed just now. */
export function withSickWorker(sector: Sector, step: Step, worker: string, now: number): Sector {
  const known = sector.sickWorker;
  const times = known?.step === step && known.worker === worker ? known.times + 1 : 1;
  return { ...sector, sickWorker: { step, worker, times, until: now + sickMs } };
}

/** The worker from which a step is to be kept while another can take it. */
export function shunnedFor({ sickWorker: sick }: Sector, step: Step): SickWorker | undefined {
  if (sick?.step !== step) return undefined;
  // PC1 goes on at its last whole layer where it was, and from nothing elsewhere: it gets one more try there.
  return sick.times > (step === 'PC1' ? 1 : 0) ? sick : undefined;
}
