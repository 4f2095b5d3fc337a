import { describe, expect, it } from 'vitest';
import { beginSteps, endSteps, undrainSteps } from '../../../src/sealctl/drain/drain-steps.ts';
import type { ObservedWorker } from '../../../src/sealctl/model/observed.ts';
import { acceptedTasks } from '../../../src/sealctl/kinds/worker/worker-command.ts';
import { taskNameOf, type TaskName } from '../../../src/core/lotus/task-type.ts';
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
    const [onHold, ...cordons] = beginSteps(daemons, hold);
    expect(onHold).toEqual({
      title: 'put the host on hold',
      interrupts: true,
      on: 'host',
      operation: { do: 'set-hold', hold },
    });
    expect(titles(cordons)).toEqual(['cordon a', 'cordon b']);
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
  const lift = { title: 'lift the hold', interrupts: false, on: 'host', operation: { do: 'clear-hold' } };
  const again = (name: string, ...enable: TaskName[]) => ({
    title: `let ${name} take tasks again`,
    daemon: { role: 'worker', name },
    interrupts: false,
    on: 'worker',
    operation: { do: 'set-tasks', enable, disable: [] },
  });

  it('starts what was stopped, lets take tasks again what still runs, and lifts the hold last', () => {
    const found = new Map([
      ['a', saysOfItself([])],
      ['b', saysOfItself([])],
    ]);
    const steps = undrainSteps([miner, worker('a', true), worker('b', false)], found);
    expect(titles(steps)).toEqual([
      'start sealctl-worker-b',
      'wait until the miner lists host-b',
      'let a take tasks again',
      'lift the hold',
    ]);
    expect(steps.at(-1)).toEqual(lift);
  });

  it('leaves alone a miner that does not run, and workers that cluster.yaml no longer has', () => {
    const removed = (running: boolean) => ({ ...worker('a', running), wanted: false, worker: undefined });
    const found = new Map([['a', saysOfItself([])]]);
    expect(undrainSteps([{ ...miner, running: false }], found)).toEqual([lift]);
    expect(undrainSteps([removed(false)], found)).toEqual([lift]);
    expect(undrainSteps([removed(true)], found)).toEqual([lift]);
  });

  it('lets a worker that still runs take again what it takes no more, and nothing else', () => {
    const found = saysOfItself(acceptedTasks(['AP']));
    expect(undrainSteps([worker('a', true)], new Map([['a', found]]))).toEqual([
      again('a', taskNameOf('PC1')),
      lift,
    ]);
  });

  it('lets a worker take again only tasks that can be refused', () => {
    expect(undrainSteps([worker('a', true)], new Map([['a', saysOfItself([])]]))).toEqual([
      again('a', taskNameOf('PC1'), taskNameOf('AP')),
      lift,
    ]);
  });

  it('tells nothing to a worker that does not answer or was not asked', () => {
    expect(undrainSteps([worker('a', true)], new Map([['a', { unreachable: 'timeout' }]]))).toEqual([lift]);
    expect(undrainSteps([worker('a', true)], new Map())).toEqual([lift]);
  });

  it('tells nothing to a worker that takes everything it should', () => {
    const found = saysOfItself(acceptedTasks(['AP', 'PC1']));
    expect(titles(undrainSteps([worker('a', true)], new Map([['a', found]])))).toEqual(['lift the hold']);
  });
});
