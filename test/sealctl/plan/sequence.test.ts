import { describe, expect, it } from 'vitest';
import type { ChangeClass, FieldChange } from '../../../src/sealctl/model/field-change.ts';
import type { DaemonRef, Difference, StepPhase, StepTemplate } from '../../../src/sealctl/model/kind.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import type { ResourceDifference } from '../../../src/sealctl/plan/diff/diff-host.ts';
import {
  mustStop,
  sequence,
  startSteps,
  stopSteps,
  type DaemonState,
} from '../../../src/sealctl/plan/order/sequence.ts';
import { storageSpec, workerSpec } from '../model/spec.ts';

const pc1: DaemonRef = { role: 'worker', name: 'pc1' };
const spec = workerSpec('h', 'pc1', {
  label: 'h-pc1',
  tasks: ['PC1'],
  drainTimeoutMs: 7000,
  storage: [storageSpec('/mnt/a'), storageSpec('/mnt/b')],
});
const worker: DaemonState = {
  daemon: pc1,
  service: { manager: 'systemd', name: 'sealctl-worker-pc1' },
  running: true,
  wanted: true,
  worker: spec,
};
const miner: DaemonState = {
  daemon: { role: 'miner' },
  service: { manager: 'supervisor', name: 'sealctl-miner' },
  running: true,
  wanted: true,
  worker: undefined,
};

const onHost = (phase: StepPhase): StepTemplate => ({
  title: `${phase} on the host`,
  phase,
  on: 'host',
  operation: { do: 'clear-hold' },
});
const onWorker = (phase: StepPhase): StepTemplate => ({
  title: `${phase} by RPC`,
  phase,
  on: 'worker',
  operation: { do: 'attach', path: '/mnt/c' },
});
const phases = ['clean', 'live', 'stopped', 'configure', 'prepare'] as const;
const everyPhase = phases.flatMap((phase) => [onHost(phase), onWorker(phase)]);

const field = (changeClass: ChangeClass): FieldChange => ({
  field: 'f',
  before: { show: 'value', value: 1 },
  after: { show: 'value', value: 2 },
  class: changeClass,
  cause: 'change',
  reason: 'r',
});

function difference(
  daemon: DaemonRef | undefined,
  classes: readonly ChangeClass[],
  steps: readonly StepTemplate[],
  action: Difference['action'] = 'update',
): ResourceDifference {
  const found = { action, fields: classes.map(field), findings: [], steps };
  return { id: 'h/thing', kind: 'file', daemon, difference: found, origins: {} };
}

/** Steps in short: `*` interrupts, `after gate` waits for the gate. */
const inShort = (steps: readonly ExecutableStep[]) =>
  steps.map(
    ({ title, interrupts, afterGate }) =>
      `${title}${interrupts ? ' *' : ''}${afterGate === true ? ' after gate' : ''}`,
  );

describe('the steps of a host', () => {
  it('stop a worker for a change that needs a restart, and start it with what it should be, wait for it, then clean', () => {
    const link = { title: 'link', phase: 'configure', on: 'host', operation: { do: 'clear-hold' } } as const;
    expect(sequence([difference(pc1, ['restart'], [link])], [worker])).toEqual([
      { title: 'cordon pc1', daemon: pc1, interrupts: true, on: 'worker', operation: { do: 'cordon' } },
      {
        title: 'wait until pc1 is idle',
        daemon: pc1,
        interrupts: true,
        on: 'worker',
        operation: { do: 'drain', timeoutMs: 7000 },
      },
      {
        title: 'stop sealctl-worker-pc1',
        daemon: pc1,
        interrupts: true,
        on: 'host',
        operation: { do: 'service', manager: 'systemd', name: 'sealctl-worker-pc1', verb: 'stop' },
      },
      { title: 'link', daemon: pc1, interrupts: true, on: 'host', operation: { do: 'clear-hold' } },
      {
        title: 'start sealctl-worker-pc1',
        daemon: pc1,
        interrupts: true,
        on: 'host',
        operation: { do: 'service', manager: 'systemd', name: 'sealctl-worker-pc1', verb: 'start' },
      },
      {
        title: 'wait until the miner lists h-pc1',
        daemon: pc1,
        interrupts: true,
        on: 'worker',
        operation: {
          do: 'await-registered',
          tasks: [
            'seal/v0/finalizeunsealed',
            'seal/v0/finalize',
            'seal/v0/fetch',
            'seal/v0/finalize/replicaupdate',
            'seal/v0/commit/1',
            'seal/v0/precommit/1',
            'seal/v0/provereplicaupdate/1',
          ],
          storagePaths: ['/mnt/a', '/mnt/b'],
          timeoutMs: 120_000,
        },
      },
    ]);
  });

  it('stop and start a miner without draining it, and wait until it answers', () => {
    const daemon = { role: 'miner' };
    const service = { do: 'service', manager: 'supervisor', name: 'sealctl-miner' };
    expect(sequence([difference({ role: 'miner' }, ['miner-restart'], [])], [miner])).toEqual([
      {
        title: 'stop sealctl-miner',
        daemon,
        interrupts: true,
        on: 'host',
        operation: { ...service, verb: 'stop' },
      },
      {
        title: 'start sealctl-miner',
        daemon,
        interrupts: true,
        on: 'host',
        operation: { ...service, verb: 'start' },
      },
      {
        title: 'wait until the miner answers',
        daemon,
        interrupts: true,
        on: 'worker',
        operation: { do: 'await-miner', timeoutMs: 120_000 },
      },
    ]);
  });

  it('run in the order of their phases around a restart, in which the worker gets by RPC nothing that it reads as it starts', () => {
    expect(inShort(sequence([difference(pc1, ['live', 'restart'], everyPhase)], [worker]))).toEqual([
      'prepare on the host',
      'prepare by RPC',
      'cordon pc1 *',
      'wait until pc1 is idle *',
      'stop sealctl-worker-pc1 *',
      'configure on the host *',
      'configure by RPC *',
      'stopped on the host *',
      'stopped by RPC *',
      'start sealctl-worker-pc1 *',
      'wait until the miner lists h-pc1 *',
      'live on the host *',
      'clean on the host after gate',
      'clean by RPC after gate',
    ]);
  });

  it('change a worker that need not restart where it stands, and interrupt nothing', () => {
    expect(inShort(sequence([difference(pc1, ['live', 'redeclare'], everyPhase)], [worker]))).toEqual([
      'prepare on the host',
      'prepare by RPC',
      'configure on the host',
      'configure by RPC',
      'live on the host',
      'live by RPC',
      'clean on the host after gate',
      'clean by RPC after gate',
    ]);
  });

  it('start a worker that does not run without stopping it, which interrupts nobody', () => {
    const stopped = { ...worker, running: false };
    expect(inShort(sequence([difference(pc1, ['restart'], [onHost('configure')])], [stopped]))).toEqual([
      'configure on the host',
      'start sealctl-worker-pc1',
      'wait until the miner lists h-pc1',
    ]);
  });

  it('leave a worker that does not run alone where nothing about it changes', () => {
    const stopped = { ...worker, running: false };
    const steps = [onHost('configure'), onHost('stopped'), onHost('live'), onWorker('live')];
    expect(inShort(sequence([difference(pc1, [], steps, 'none')], [stopped]))).toEqual([
      'configure on the host',
      'stopped on the host',
      'live on the host',
    ]);
  });

  it('stop a worker that was removed from cluster.yaml for good, and wait a day for its tasks', () => {
    const removed = { ...worker, wanted: false, worker: undefined };
    const steps = sequence([difference(pc1, ['restart'], [onHost('clean')], 'delete')], [removed]);
    expect(inShort(steps)).toEqual([
      'cordon pc1 *',
      'wait until pc1 is idle *',
      'stop sealctl-worker-pc1 *',
      'clean on the host after gate',
    ]);
    expect(steps[1]?.operation).toEqual({ do: 'drain', timeoutMs: 86_400_000 });
  });

  it('change what belongs to no daemon first, then the daemons in their order, each with its own changes', () => {
    const steps = (title: string): StepTemplate[] => [{ ...onHost('configure'), title }];
    const differences = [
      difference(pc1, ['live'], steps('of the worker')),
      difference({ role: 'miner' }, ['live'], steps('of the miner')),
      difference(undefined, ['live'], [onWorker('live'), ...steps('of the host'), onHost('stopped')]),
    ];
    expect(sequence(differences, [miner, worker])).toEqual([
      { title: 'of the host', interrupts: false, on: 'host', operation: { do: 'clear-hold' } },
      {
        title: 'live by RPC',
        interrupts: false,
        on: 'worker',
        operation: { do: 'attach', path: '/mnt/c' },
      },
      {
        title: 'of the miner',
        daemon: { role: 'miner' },
        interrupts: false,
        on: 'host',
        operation: { do: 'clear-hold' },
      },
      {
        title: 'of the worker',
        daemon: pc1,
        interrupts: false,
        on: 'host',
        operation: { do: 'clear-hold' },
      },
    ]);
  });

  it('name a daemon only where they belong to one', () => {
    const steps = sequence([difference(undefined, ['live'], [onHost('prepare')])], []);
    expect(steps.map((step) => Object.keys(step))).toEqual([['title', 'interrupts', 'on', 'operation']]);
  });
});

describe('the stop and the start of a worker outside a plan', () => {
  it('are the same steps, not marked as interrupting: who puts them together marks them', () => {
    expect(inShort([...stopSteps(worker), ...startSteps(worker)])).toEqual([
      'cordon pc1',
      'wait until pc1 is idle',
      'stop sealctl-worker-pc1',
      'start sealctl-worker-pc1',
      'wait until the miner lists h-pc1',
    ]);
  });
});

describe('a daemon must stop', () => {
  it('only while it runs, when it is no longer wanted or a change needs a restart', () => {
    const changed = (changeClass: ChangeClass) => [difference(pc1, ['live', changeClass], [])];
    expect(mustStop(changed('restart'), worker)).toBe(true);
    expect(mustStop(changed('miner-restart'), worker)).toBe(true);
    expect(mustStop(changed('redeclare'), worker)).toBe(false);
    expect(mustStop([], { ...worker, wanted: false })).toBe(true);
    expect(mustStop(changed('restart'), { ...worker, running: false })).toBe(false);
    expect(mustStop([], { ...worker, running: false, wanted: false })).toBe(false);
  });
});
