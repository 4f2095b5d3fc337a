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

  it('is the miner alone as well while its workers answer', () => {
    const states = [state({ role: 'miner' }), state(pc1)];
    expect(found(answering, states, silent)).toEqual([
      'warning: miner on h1 runs but does not answer: nobody answers',
    ]);
  });

  it('is told from those beside it that answer, or that were not asked', () => {
    const pc2: DaemonRef = { role: 'worker', name: 'pc2' };
    const c2: DaemonRef = { role: 'worker', name: 'c2' };
    const workers = new Map<string, ObservedWorker | typeof silent>([
      ['pc1', answering],
      ['pc2', silent],
    ]);
    const states = [state({ role: 'miner' }), state(pc1), state(pc2), state(c2)];
    const problems = unresponsiveDaemons('h1', { workers }, miner, () => states);
    expect(problems.map(({ summary }) => summary)).toEqual(['pc2 on h1 runs but does not answer']);
  });

  it('has its log named as its service manager keeps it', () => {
    const supervised = { manager: 'supervisor', name: 'sealctl-worker-pc1' } as const;
    const fixOf = (service: DaemonState['service']) =>
      unresponsiveDaemons('h1', { workers: new Map([['pc1', silent]]) }, miner, () => [
        state(pc1, { service }),
      ]);
    expect(fixOf({ manager: 'systemd', name: 'lotus-worker' })).toEqual([
      {
        code: 'daemon-unresponsive',
        severity: 'warning',
        summary: 'pc1 on h1 runs but does not answer',
        where: { in: 'host', host: 'h1' },
        why: 'nobody answers',
        fix: 'read journalctl -u lotus-worker -n 50 on the host; restart lotus-worker if it hangs, and plan again',
      },
    ]);
    expect(fixOf(supervised).map(({ fix }) => fix)).toEqual([
      'read the log of sealctl-worker-pc1 on the host; restart sealctl-worker-pc1 if it hangs, and plan again',
    ]);
  });

  it('is not looked for while everything answers, for a large fleet has thousands of daemons', () => {
    let asked = 0;
    const states = () => {
      asked += 1;
      return [state(pc1)];
    };
    expect(unresponsiveDaemons('h1', { workers: new Map([['pc1', answering]]) }, miner, states)).toEqual([]);
    expect(asked).toBe(0);
  });
});
