import { newSector, type Sector } from '../pipeline/sector.ts';
import type { SealingStore } from '../store/sealing-store.ts';
import type { Job } from './job.ts';

/** The store's sectors and jobs, cached in memory. A change is durable when the call returns. */
export interface JobStore {
  readonly sectors: ReadonlyMap<number, Sector>;
  readonly jobs: ReadonlyMap<string, Job>;
  /** Milliseconds that tasks of a kind take, by `CODE:proof`. */
  readonly durations: ReadonlyMap<string, number>;
  /** Saves all changes of `work` together or none. */
  readonly atomically: SealingStore['atomically'];
  readonly save: (job: Job) => void;
  readonly drop: (id: string) => void;
  readonly saveSector: (sector: Sector) => void;
  readonly appendLog: SealingStore['appendLog'];
  /** Creates a new sector and returns its number. */
  readonly begin: (forData: boolean) => number;
  /** Records the duration of a job's task. */
  readonly learn: (job: Job, lastedMs: number) => void;
  /** Records how long fetching a job's files took. */
  readonly learnFetch: (job: Job, lastedMs: number) => void;
}

export interface JobStoreOptions {
  readonly store: SealingStore;
  /** Registered seal proof of new sectors. */
  readonly proof: number;
  readonly now: () => number;
}

/** The weight of the last duration in the estimate. */
const newestWeight = 0.3;

export function openJobStore({ store, proof, now }: JobStoreOptions): JobStore {
  const sectors = new Map(store.sectors().map((sector) => [sector.number, sector]));
  const jobs = new Map(store.jobs().map((job) => [job.id, job]));
  const durations = store.durations();

  /** Restores the maps when the current transaction is rolled back. */
  let undo: (() => void)[] | undefined;

  /** Changes one entry of a map after the store has saved it. */
  function change<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
    const before = map.get(key);
    undo?.push(() => (before === undefined ? map.delete(key) : map.set(key, before)));
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }

  function atomically(work: () => void): void {
    const steps: (() => void)[] = [];
    undo = steps;
    try {
      store.atomically(work);
    } catch (error) {
      for (const step of steps.toReversed()) step();
      throw error;
    } finally {
      undo = undefined;
    }
  }

  function saveSector(sector: Sector): void {
    store.saveSector(sector);
    change(sectors, sector.number, sector);
  }

  return {
    sectors,
    jobs,
    durations,
    atomically,
    appendLog: store.appendLog,
    saveSector,
    save(job) {
      store.saveJob(job);
      change(jobs, job.id, job);
    },
    drop(id) {
      store.dropJob(id);
      change(jobs, id, undefined);
    },
    begin(forData) {
      let number = 0;
      atomically(() => {
        number = store.takeNumber();
        saveSector(newSector(number, proof, forData, now()));
        const message = forData ? 'for data' : 'committed capacity';
        store.appendLog(number, [{ at: now(), kind: 'start', message }]);
      });
      return number;
    },
    learn(job, lastedMs) {
      const key = `${job.spec.task}:${job.proof}`;
      const known = durations.get(key);
      const estimate = known === undefined ? lastedMs : known * (1 - newestWeight) + lastedMs * newestWeight;
      store.saveDuration(key, estimate);
      store.noteFinished(key, lastedMs);
      durations.set(key, estimate);
    },
    learnFetch: (job, lastedMs) => store.noteFinished(`GET:${job.proof}`, lastedMs),
  };
}
