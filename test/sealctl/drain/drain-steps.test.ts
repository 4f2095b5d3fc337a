import { describe, expect, it } from 'vitest';
import { beginSteps, endSteps, undrainSteps } from '../../../src/sealctl/drain/drain-steps.ts';
import type { ObservedWorker } from '../../../src/sealctl/model/observed.ts';
import { acceptedTasks } from '../../../src/sealctl/kinds/worker/worker-command.ts';
import { taskNameOf } from '../../../src/core/lotus/task-type.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import type { DaemonState } from '../../../src/sealctl/plan/order/sequence.ts';
import { workerSpec } from '../model/spec.ts';

const hold = { who: 'ann@desk', since: '2026-11-01T08:00:00.000Z', why: 'replace NVMe' };
const worker = (name: string, running: boolean): DaemonState => ({
  daemon: { role: 'worker', name },
  service: { manager: 'systemd', name: `sealctl-worker-${name}` },
  running,
  wanted: true,
  worker: workerSpec('host', name, { tasks: ['AP', 'PC1'] }),
});
const miner: DaemonState = {
  daemon: { role: 'miner' },
  service: { manager: 'systemd', name: 'sealctl-miner' },
  running: true,
  wanted: true,
  worker: undefined,
};
const saysOfItself = (tasks: readonly string[]): ObservedWorker => ({
  session: 's',
  label: 'host-a',
  tasks,
  paths: [],
  enabled: true,
});
const titles = (steps: readonly ExecutableStep[]) => steps.map(({ title }) => title);

describe('taking a host out of service', () => {
  const daemons = [miner, worker('a', true), worker('b', true), worker('c', false)];

  it('begins with the hold and cordons every worker that runs before any is waited for; the miner stays', () => {
    expect(titles(beginSteps(daemons, hold))).toEqual(['put the host on hold', 'cordon a', 'cordon b']);
  });

  it('ends with the stop of each, after what has come in between', () => {
    expect(titles(endSteps(daemons))).toEqual([
      'wait until a is idle',
      'stop sealctl-worker-a',
      'wait until b is idle',
      'stop sealctl-worker-b',
    ]);
  });
});

describe('bringing a host back', () => {
  it('starts what was stopped, and lifts the hold last', () => {
    expect(titles(undrainSteps([miner, worker('a', false)], new Map()))).toEqual([
      'start sealctl-worker-a',
      'wait until the miner lists host-a',
      'lift the hold',
    ]);
  });

  it('lets a worker that still runs take again what it takes no more, and nothing else', () => {
    const found = saysOfItself(acceptedTasks(['AP']));
    const [again, ...rest] = undrainSteps([worker('a', true)], new Map([['a', found]]));
    expect(again).toMatchObject({
      title: 'let a take tasks again',
      operation: { do: 'set-tasks', enable: [taskNameOf('PC1')], disable: [] },
    });
    expect(titles(rest)).toEqual(['lift the hold']);
  });

  it('tells nothing to a worker that takes everything it should', () => {
    const found = saysOfItself(acceptedTasks(['AP', 'PC1']));
    expect(titles(undrainSteps([worker('a', true)], new Map([['a', found]])))).toEqual(['lift the hold']);
  });
});
