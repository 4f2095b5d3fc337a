import { describe, expect, it } from 'vitest';
import { newSector, type Sector } from '../../../../src/daemons/miner/pipeline/sector.ts';
import type { Step } from '../../../../src/daemons/miner/pipeline/step-name.ts';
import { shunnedFor, withSickWorker } from '../../../../src/daemons/miner/pipeline/sick-worker.ts';

const sector = newSector(1, 5, false, 0);
const failedOn = (before: Sector, step: Step, worker: string, now = 0): Sector =>
  withSickWorker(before, step, worker, now);

describe('the worker on which a step failed', () => {
  it('is shunned for that step, for ten minutes', () => {
    const failed = failedOn(sector, 'PC2', 'http://a', 1_000);
    expect(shunnedFor(failed, 'PC2')).toMatchObject({ worker: 'http://a', until: 601_000 });
    expect(shunnedFor(failed, 'C1')).toBeUndefined();
  });

  it('gets PC1 once more, whose layers lie there, before another begins from nothing', () => {
    const once = failedOn(sector, 'PC1', 'http://a');
    expect(shunnedFor(once, 'PC1')).toBeUndefined();
    expect(shunnedFor(failedOn(once, 'PC1', 'http://b'), 'PC1')).toBeUndefined();
    expect(shunnedFor(failedOn(once, 'PC1', 'http://a'), 'PC1')?.worker).toBe('http://a');
  });
});
