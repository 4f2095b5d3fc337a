import { newSector, type Sector } from '../pipeline/sector.ts';
import type { SealingStore } from '../store/sealing-store.ts';
import type { Job } from './job.ts';

/** Sectors and their jobs as they are in the store, at hand in memory: what is saved here is durable when the call returns. */
export interface WorkBook {
  readonly sectors: ReadonlyMap<number, Sector>;
  readonly jobs: ReadonlyMap<string, Job>;
  /** Milliseconds that tasks of a kind take, by `CODE:proof`. */
  readonly durations: ReadonlyMap<string, number>;
  /** Everything saved in `work` is there as a whole or not at all. */
  readonly atomically: SealingStore['atomically'];
  readonly save: (job: Job) => void;
  readonly drop: (id: string) => void;
  readonly saveSector: (sector: Sector) => void;
  readonly appendLog: SealingStore['appendLog'];
  /** A new sector, and its number. */
  readonly begin: (forData: boolean) => number;
  /** Notes how long the task of a job took. */
  readonly learn: (job: Job, lastedMs: number) => void;
  /** Notes how long the files of a job took to come. */
  readonly learnFetch: (job: Job, lastedMs: number) => void;
}

export interface WorkBookOptions {
  readonly store: SealingStore;
  /** Registered seal proof of new sectors. */
  readonly proof: number;
  readonly now: () => number;
}

/** The weight of the last duration in the estimate of the next. */
const newestWeight = 0.3;

export function openWorkBook({ store, proof, now }: WorkBookOptions): WorkBook {
  const sectors = new Map(store.sectors().map((sector) => [sector.number, sector]));
  const jobs = new Map(store.jobs().map((job) => [job.id, job]));
  const durations = store.durations();

  function saveSector(sector: Sector): void {
    sectors.set(sector.number, sector);
    store.saveSector(sector);
  }

  return {
    sectors,
    jobs,
    durations,
    atomically: store.atomically,
    appendLog: store.appendLog,
    saveSector,
    save(job) {
      jobs.set(job.id, job);
      store.saveJob(job);
    },
    drop(id) {
      jobs.delete(id);
      store.dropJob(id);
    },
    begin(forData) {
      let number = 0;
      store.atomically(() => {
        number = store.takeNumber();
        saveSector(newSector(number, proof, forData, now()));
        const message = forData ? 'for data' : 'committed capacity';
        store.appendLog(number, [{ at: now(), kind: 'start', message }]);
      });
      return number;
    },
    learn(job, lastedMs) {
      const key = `${job.work.task}:${job.proof}`;
      const known = durations.get(key);
      const estimate = known === undefined ? lastedMs : known * (1 - newestWeight) + lastedMs * newestWeight;
      durations.set(key, estimate);
      store.saveDuration(key, estimate);
      store.noteFinished(key, lastedMs);
    },
    learnFetch: (job, lastedMs) => store.noteFinished(`GET:${job.proof}`, lastedMs),
  };
}
