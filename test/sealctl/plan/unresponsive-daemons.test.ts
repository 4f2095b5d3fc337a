import { describe, expect, it } from 'vitest';
import type { Observed, ObservedWorker } from '../../../src/sealctl/model/observed.ts';
import type { DaemonRef } from '../../../src/sealctl/model/kind.ts';
import type { DaemonState } from '../../../src/sealctl/plan/order/sequence.ts';
import { unresponsiveDaemons } from '../../../src/sealctl/plan/diff/unresponsive-daemons.ts';

const answering: ObservedWorker = { session: 's', label: 'l', tasks: [], paths: [], enabled: true };
const silent = { unreachable: 'nobody answers' };
const miner: Observed['miner'] = { session: 'm', actor: 'f01000', workers: new Map(), paths: new Map() };
const pc1: DaemonRef = { role: 'worker', name: 'pc1' };

function state(daemon: DaemonRef, changes: Partial<DaemonState> = {}): DaemonState {
  const service = { manager: 'systemd', name: 'sealctl-worker-pc1' } as const;
  return { daemon, service, running: true, wanted: true, worker: undefined, ...changes };
}

function found(
  worker: ObservedWorker | typeof silent,
  states: readonly DaemonState[] = [state(pc1)],
  itsMiner: Observed['miner'] = miner,
): string[] {
  const problems = unresponsiveDaemons('h1', { workers: new Map([['pc1', worker]]) }, itsMiner, () => states);
  return problems.map(({ severity, summary, why }) => `${severity}: ${summary}: ${why}`);
}

describe('a daemon that does not answer', () => {
  it('is named with its host, as a warning: restarting it may be what helps', () => {
    expect(found(silent)).toEqual(['warning: pc1 on h1 runs but does not answer: nobody answers']);
  });

  it('is nothing new where it does not run, is not wanted, or answers after all', () => {
    expect(found(silent, [state(pc1, { running: false })])).toEqual([]);
    expect(found(silent, [state(pc1, { wanted: false })])).toEqual([]);
    expect(found(answering)).toEqual([]);
  });

  it('is the miner alone while the miner does not answer: nobody has the token for its workers then', () => {
    const states = [state({ role: 'miner' }), state(pc1)];
    expect(found(silent, states, silent)).toEqual([
      'warning: miner on h1 runs but does not answer: nobody answers',
    ]);
  });
});
