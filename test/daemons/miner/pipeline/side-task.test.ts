import { describe, expect, it } from 'vitest';
import { localChain } from '../../../../src/daemons/miner/pipeline/chain.ts';
import { newSector, type Sector, type SectorEvent } from '../../../../src/daemons/miner/pipeline/sector.ts';
import { stepSector, type Stepped } from '../../../../src/daemons/miner/pipeline/step.ts';

const chain = localChain({
  genesis: 0,
  blockMs: 1_000,
  seedDelay: 150,
  confidence: 5,
  miner: 1000,
  secret: Buffer.from('test'),
});
const sealed: Sector = { ...newSector(1, 5, false, 0), state: 'Proving', proofBytes: 'AQ==' };
const unsealing = stepSector(sealed, { kind: 'side-task', sideTask: 'unseal' }, chain, 0);
const after = (at: Stepped, event: SectorEvent, now: number): Stepped =>
  stepSector(at.sector, event, chain, now);

describe('a side task', () => {
  it('that fails by itself is given up after its tries, with its last error', () => {
    let at = unsealing;
    const error = { Code: 0, Message: 'the replica is damaged' };
    const wanted: (string | undefined)[] = [];
    for (let now = 0; now < 10 * 60_000; now += 60_000) {
      wanted.push(at.wants);
      if (at.wants === undefined) break;
      at = after(at, { kind: 'step-failed', step: at.wants, error, cause: 'task' }, now);
      at = after(at, { kind: 'tick' }, now + 60_000);
    }
    expect(wanted).toEqual(['UNS', 'UNS', 'UNS', 'UNS', undefined]);
    expect(at.sector).toMatchObject({ state: 'Proving', lastError: 'the replica is damaged', failures: {} });
    expect(at.sector.sideTask).toBeUndefined();
  });

  it('ends when the state of its sector is forced', () => {
    const whole = { ticket: { value: 'AQ==', epoch: 0 }, commD: 'd', commR: 'r' };
    const busy = { ...unsealing, sector: { ...unsealing.sector, ...whole } };
    const forced = after(busy, { kind: 'force-state', state: 'Proving' }, 1);
    expect(forced.wants).toBeUndefined();
    expect(forced.sector.sideTask).toBeUndefined();
  });
});
