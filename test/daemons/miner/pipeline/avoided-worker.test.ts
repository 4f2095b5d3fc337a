import { describe, expect, it } from 'vitest';
import { newSector, type Sector } from '../../../../src/daemons/miner/pipeline/sector.ts';
import type { Step } from '../../../../src/daemons/miner/pipeline/step-name.ts';
import { avoidedFor, withAvoidedWorker } from '../../../../src/daemons/miner/pipeline/avoided-worker.ts';

const sector = newSector(1, 5, false, 0);
const failedOn = (before: Sector, step: Step, worker: string, now = 0): Sector =>
  withAvoidedWorker(before, step, worker, now);

describe('the worker on which a step failed', () => {
  it('is avoided for that step, for ten minutes', () => {
    const failed = failedOn(sector, 'PC2', 'http://a', 1_000);
    expect(avoidedFor(failed, 'PC2')).toMatchObject({ worker: 'http://a', until: 601_000 });
    expect(avoidedFor(failed, 'C1')).toBeUndefined();
  });

  it('gets PC1 once more, whose layers lie there, before another begins from nothing', () => {
    const once = failedOn(sector, 'PC1', 'http://a');
    expect(avoidedFor(once, 'PC1')).toBeUndefined();
    expect(avoidedFor(failedOn(once, 'PC1', 'http://b'), 'PC1')).toBeUndefined();
    expect(avoidedFor(failedOn(once, 'PC1', 'http://a'), 'PC1')?.worker).toBe('http://a');
  });
});
