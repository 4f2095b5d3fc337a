import { describe, expect, it } from 'vitest';
import type { ListedWorker } from '../../../src/sealctl/model/observed.ts';
import { registrationsAt } from '../../../src/sealctl/plan/diff/registrations.ts';
import { workerSpec } from '../model/spec.ts';

const worker = workerSpec('worker-1', 'main');
const entry = (session: string, changes: Partial<ListedWorker> = {}): ListedWorker =>
  ({ session, label: worker.label, enabled: true, ...changes }) as ListedWorker;
const minerWith = (workers: ReadonlyMap<string, ListedWorker>) => ({
  session: 's',
  actor: 'f01000',
  workers,
  paths: new Map(),
});
const minerOf = (...workers: ListedWorker[]) =>
  minerWith(new Map(workers.map((each) => [each.session, each])));

describe("the miner's record of a worker", () => {
  it('is the first of those with its label that are enabled', () => {
    const [old, first, second] = [entry('a', { enabled: false }), entry('b'), entry('c')];
    const registered = registrationsAt(minerOf(old, entry('x', { label: 'other' }), first, second));
    expect(registered(worker)).toBe(first);
    expect(registered(workerSpec('worker-2', 'main'))).toBeUndefined();
    expect(registered(undefined)).toBeUndefined();
  });

  it('is unknown while the miner does not answer', () => {
    expect(registrationsAt({ unreachable: 'it is off' })(worker)).toBeUndefined();
  });

  it('is found without going through all of them again for each worker', () => {
    let readings = 0;
    class Counted extends Map<string, ListedWorker> {
      override values() {
        readings += 1;
        return super.values();
      }
    }
    const workers = Array.from({ length: 1000 }, (_, n) => workerSpec(`worker-${n}`, 'main'));
    const listed = workers.map(({ label }, n) => [`s${n}`, entry(`s${n}`, { label })] as const);
    const registered = registrationsAt(minerWith(new Counted(listed)));
    expect(workers.map((each) => registered(each)?.label)).toEqual(workers.map(({ label }) => label));
    expect(readings).toBe(1);
  });
});
