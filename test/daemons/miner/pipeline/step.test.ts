import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Step } from '../../../../src/daemons/miner/pipeline/step-name.ts';
import { localChain } from '../../../../src/daemons/miner/pipeline/chain.ts';
import {
  filled,
  paddedSizeFor,
  unpaddedBytes,
  withPiece,
} from '../../../../src/daemons/miner/pipeline/pieces.ts';
import {
  newSector,
  sectorStates,
  type FailureCause,
  type Sector,
  type SectorEvent,
} from '../../../../src/daemons/miner/pipeline/sector.ts';
import { stateRules } from '../../../../src/daemons/miner/pipeline/states.ts';
import { stepSector, type Stepped } from '../../../../src/daemons/miner/pipeline/step.ts';
import { taskSpecOf } from '../../../../src/daemons/miner/pipeline/task-spec.ts';

const chain = localChain({
  genesis: 0,
  blockMs: 1_000,
  seedDelay: 150,
  confidence: 5,
  miner: 1000,
  secret: Buffer.from('test'),
});
const cid = { '/': 'baga6ea4seaqao7s73y24kcutaosvacpdjgfe5pw76ooefnyqw4ynr3d2y6x2mpq' };
const proof2KiB = 5;
const context = {
  miner: 1000,
  pieceUrl: (source: string) => `http://m/${source}`,
  useOf: () => 'sealing' as const,
};

const valueOf = (sector: Sector, step: string): unknown => {
  const [name, index] = step.split(':');
  switch (name) {
    case 'AP':
      return { Size: sector.pieces[Number(index)]?.size, PieceCID: cid };
    case 'AP-update':
      return { Size: sector.update?.pieces[Number(index)]?.size, PieceCID: cid };
    case 'PC2':
      return { Unsealed: cid, Sealed: cid };
    case 'RU':
      return { NewSealed: cid, NewUnsealed: cid };
    case 'PR1':
      return ['AQ=='];
    default:
      return 'AQ==';
  }
};

/** Does whatever the sector wants until it rests; the steps in their order. */
function drive(first: Sector, now = 0): { readonly steps: string[]; readonly end: Stepped } {
  const steps: string[] = [];
  let at = stepSector(first, { kind: 'tick' }, chain, now);
  for (let round = 0; round < 200; round += 1) {
    if (at.wants !== undefined) {
      const work = taskSpecOf(at.sector, at.wants, context);
      expect(work).toBeDefined();
      steps.push(at.wants);
      at = stepSector(
        at.sector,
        { kind: 'step-done', step: at.wants, value: valueOf(at.sector, at.wants) },
        chain,
        now,
      );
    } else if (at.wakeAt !== undefined) {
      now = at.wakeAt;
      at = stepSector(at.sector, { kind: 'tick' }, chain, now);
    } else break;
  }
  return { steps, end: at };
}

const after = (at: Stepped, event: SectorEvent, now = 0): Stepped => stepSector(at.sector, event, chain, now);
const failed = (step: Step, cause: FailureCause): SectorEvent => ({
  kind: 'step-failed',
  step,
  cause,
  error: { Code: 101, Message: 'the worker restarted' },
});

describe('the pipeline', () => {
  it('takes committed capacity through every phase', () => {
    const { steps, end } = drive(newSector(1, proof2KiB, false, 0));
    expect(steps).toEqual(['AP:0', 'PC1', 'PC2', 'C1', 'C2', 'FUS', 'FIN', 'store']);
    expect(end.sector).toMatchObject({ state: 'Proving', proofBytes: 'AQ==', commR: cid['/'] });
    expect(end.sector.commit1).toBeUndefined();
  });

  it('waits for the seed 150 epochs after the pre-commitment has landed', () => {
    const { end } = drive(newSector(1, proof2KiB, false, 0));
    expect(end.sector.ticket?.epoch).toBe(0);
    expect(end.sector.seed?.epoch).toBe(155);
    expect(Buffer.from(end.sector.seed?.value ?? '', 'base64')).toHaveLength(32);
  });

  it('writes pieces anew that were lost with a worker, and keeps the ticket for which PC1 may have begun', () => {
    let at = stepSector(newSector(1, proof2KiB, false, 0), { kind: 'tick' }, chain, 0);
    at = after(at, { kind: 'step-done', step: 'AP:0', value: valueOf(at.sector, 'AP:0') });
    at = after(at, failed('PC1', 'infrastructure'));
    const { ticket } = at.sector;
    const lost = after(at, { kind: 'pieces-lost' });
    expect(lost.sector).toMatchObject({ state: 'PreCommit1', ticket, infraFailures: 0 });
    const { steps, end } = drive(lost.sector);
    expect(steps.slice(0, 3)).toEqual(['AP:0', 'PC1', 'PC2']);
    expect(() => after(end, { kind: 'pieces-lost' })).toThrow('has made something of its pieces already');
  });

  it('aligns pieces, fills the rest with zeros, and seals when told', () => {
    let at = stepSector(
      newSector(1, proof2KiB, true, 0),
      { kind: 'add-piece', piece: { size: 128, source: 'a' } },
      chain,
      0,
    );
    at = drive(at.sector).end;
    expect(at.sector.state).toBe('WaitDeals');
    at = drive(after(at, { kind: 'add-piece', piece: { size: 512, source: 'b' } }).sector).end;
    const { steps, end } = drive(after(at, { kind: 'start-packing' }).sector);
    expect(end.sector.pieces.map(({ size }) => size)).toEqual([128, 128, 256, 512, 1024]);
    expect(steps[0]).toBe('AP:4');
    expect(end.sector.state).toBe('Proving');
  });

  it('upgrades committed capacity to data, and proves, stores and releases the key', () => {
    const sealed = drive(newSector(1, proof2KiB, false, 0)).end;
    const marked = after(sealed, { kind: 'mark-for-upgrade' }, 1e6);
    expect(marked.sector.state).toBe('Available');
    const begun = after(marked, { kind: 'add-piece', piece: { size: 1024, source: 'a' } }, 1e6);
    const { steps, end } = drive(begun.sector, 1e6);
    expect(steps).toEqual([
      'AP-update:0',
      'AP-update:1',
      'RU',
      'PR1',
      'PR2',
      'FUS',
      'FRU',
      'store-update',
      'store',
      'store-unsealed',
      'delete-sealed',
    ]);
    expect(end.sector).toMatchObject({ state: 'Proving', update: { proofBytes: 'AQ==' } });
  });

  it('unseals a sector that rests, without leaving its state', () => {
    const sealed = drive(newSector(1, proof2KiB, false, 0)).end;
    const { steps, end } = drive(after(sealed, { kind: 'side-task', sideTask: 'unseal' }).sector);
    expect(steps).toEqual(['UNS', 'store-unsealed']);
    expect(end.sector).toMatchObject({ state: 'Proving' });
    expect(end.sector.sideTask).toBeUndefined();
  });

  it('deletes what is removed', () => {
    const sealed = drive(newSector(1, proof2KiB, false, 0)).end;
    const { steps, end } = drive(after(sealed, { kind: 'remove' }).sector);
    expect(steps).toEqual(['delete-all']);
    expect(end.sector.state).toBe('Removed');
  });
});

describe('a failure', () => {
  const inPhase = (step: string): Stepped => {
    let at = stepSector(newSector(1, proof2KiB, false, 0), { kind: 'tick' }, chain, 0);
    for (let now = 0; at.wants !== step; now = at.wakeAt ?? now)
      at =
        at.wants === undefined
          ? after(at, { kind: 'tick' }, at.wakeAt)
          : after(at, { kind: 'step-done', step: at.wants, value: valueOf(at.sector, at.wants) }, now);
    return at;
  };

  it('a failure of a machine never costs a finished phase, however often it happens', () => {
    for (const step of ['PC2', 'C1', 'C2', 'FIN', 'store'] as const) {
      let at = inPhase(step);
      const { preCommit1, state } = at.sector;
      for (let time = 1; time <= 50; time += 1) {
        const now = 1e7 + time * 100_000;
        at = after(after(at, failed(step, 'infrastructure'), now), { kind: 'tick' }, now + 60_000);
      }
      expect(at.wants).toBe(step);
      expect(at.sector).toMatchObject({ state, preCommit1, failures: {} });
    }
  });

  it('a failure of a machine pauses the task longer each time, up to a minute', () => {
    let at = inPhase('PC1');
    const pauses = Array.from({ length: 6 }, (_, time) => {
      const now = time * 1e6;
      at = after(at, failed('PC1', 'infrastructure'), now);
      return (at.wakeAt ?? 0) - now;
    });
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('an abort by an operator pauses the step and is not counted, however often it happens', () => {
    let at = inPhase('PC2');
    for (let now = 1e7, time = 0; time < 10; time += 1, now += 1e6) {
      at = after(at, failed('PC2', 'operator'), now);
      expect(at.sector).toMatchObject({ state: 'SealPreCommit2Failed', failures: {} });
      expect(at.wakeAt).toBe(now + 60_000);
      at = after(at, { kind: 'tick' }, now + 60_000);
      expect(at.wants).toBe('PC2');
    }
  });

  it('a failed PC2 is tried again, then PC1 is done anew, and in the end a human is asked', () => {
    let at = inPhase('PC2');
    const states: string[] = [];
    for (
      let round = 0, now = 1e7;
      round < 40 && at.sector.state !== 'FailedUnrecoverable';
      round += 1, now += 1e6
    ) {
      const step = at.wants ?? 'delete-all';
      at =
        step === 'PC1'
          ? after(at, { kind: 'step-done', step, value: 'AQ==' }, now)
          : after(at, failed(step, 'task'), now);
      at = after(at, { kind: 'tick' }, now + 60_000);
      states.push(at.sector.state);
    }
    expect(states.filter((state) => state === 'PreCommit1')).toHaveLength(3);
    expect(states.at(-1)).toBe('FailedUnrecoverable');
  });

  it('a failure is the last error until the step succeeds', () => {
    const at = after(inPhase('PC1'), failed('PC1', 'infrastructure'));
    expect(at.sector.lastError).toBe('the worker restarted');
    const again = after(at, { kind: 'tick' }, 6_000);
    const done = after(again, { kind: 'step-done', step: 'PC1', value: 'AQ==' }, 6_000);
    expect(done.sector.lastError).toBeUndefined();
  });

  it('a failure or a result that comes for a step that is over changes nothing', () => {
    const at = inPhase('PC2');
    for (const step of ['PC1', 'C2', 'AP:7'] as const) {
      expect(after(at, { kind: 'step-done', step, value: 'Ag==' }).sector).toEqual(at.sector);
      expect(after(at, failed(step, 'task')).sector).toEqual(at.sector);
    }
  });
});

describe('requests that do not fit', () => {
  it('a request that does not fit is refused with the state of the sector', () => {
    const at = drive(newSector(7, proof2KiB, false, 0)).end;
    expect(() => after(at, { kind: 'start-packing' })).toThrow(
      'sector 7 has no pieces that wait to be sealed: it is in state Proving',
    );
    expect(() => after(at, { kind: 'side-task', sideTask: 'regenerate' })).toThrow('sector 7 has no update');
    const waiting = stepSector(newSector(7, proof2KiB, true, 0), { kind: 'tick' }, chain, 0);
    expect(() => after(waiting, { kind: 'add-piece', piece: { size: 4096, source: 'a' } })).toThrow(
      'no space',
    );
  });
});

it('the pipeline has a rule for every state, and every state can be reached or left by a rule', () => {
  expect(Object.keys(stateRules).sort()).toEqual([...sectorStates].sort());
});

describe('pieces', () => {
  it('pieces always fill the sector exactly, each a power of two at a multiple of its size', () => {
    const power = fc.integer({ min: 7, max: 11 }).map((bits) => 2 ** bits);
    fc.assert(
      fc.property(fc.array(power, { maxLength: 12 }), (sizes) => {
        const pieces = filled(
          sizes.reduce<readonly { size: number }[]>(
            (all, size) => withPiece(all, { size, source: 'x' }, 2 ** 12) ?? all,
            [],
          ),
          2 ** 12,
        );
        let at = 0;
        for (const { size } of pieces) {
          expect(at % size).toBe(0);
          expect(Number.isInteger(Math.log2(size))).toBe(true);
          at += size;
        }
        expect(at).toBe(2 ** 12);
      }),
    );
  });
  it('a file becomes the smallest pieces that hold it', () => {
    expect([1, 127, 128, 254, 255].map(paddedSizeFor)).toEqual([128, 128, 256, 256, 512]);
    expect(unpaddedBytes(34359738368)).toBe(34091302912);
  });
});
