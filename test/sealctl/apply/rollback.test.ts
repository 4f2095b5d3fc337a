import { describe, expect, test } from 'vitest';
import { rollBackLive, touchedDaemons } from '../../../src/sealctl/apply/rollback/rollback.ts';
import type { Operation, WorkerOperation } from '../../../src/sealctl/host/operations/operation.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';

const step = (name: string | undefined) => ({
  title: 'step',
  interrupts: false,
  ...(name === undefined ? {} : { daemon: { role: 'worker', name } as const }),
});
const onHost = (name: string | undefined, operation: Operation): ExecutableStep => ({
  ...step(name),
  on: 'host',
  operation,
});
const onWorker = (name: string, operation: WorkerOperation): ExecutableStep => ({
  ...step(name),
  on: 'worker',
  operation,
});
const service = (name: string, verb: 'start' | 'stop') =>
  onHost(name, { do: 'service', manager: 'systemd', name: `${name}.service`, verb });
const entry = { id: 'link', kind: 'release', path: '/current' } as never;
const link = (name: string | undefined) =>
  onHost(name, { do: 'link', path: '/current', target: '/new', entry });

describe('going back', () => {
  test('restarts the daemons that were touched and have other files before', () => {
    const steps = [service('a', 'stop'), link('a'), service('a', 'start'), service('b', 'start')];
    const touched = touchedDaemons(steps);
    expect(touched.map(({ service: { name }, differs }) => [name, differs])).toEqual([
      ['a.service', true],
      ['b.service', false],
    ]);
  });

  test('restarts all of them when something changed that the whole host reads', () => {
    const touched = touchedDaemons([link(undefined), service('a', 'stop'), service('b', 'start')]);
    expect(touched.map(({ started, differs }) => ({ started, differs }))).toEqual([
      { started: false, differs: true },
      { started: true, differs: true },
    ]);
  });

  test('undoes what a running worker was told, the last thing first', () => {
    const steps = [
      onWorker('a', { do: 'set-tasks', enable: ['x'], disable: ['y'] }),
      onWorker('a', { do: 'redeclare', storageId: 's' }),
      onWorker('a', { do: 'attach', path: '/mnt' }),
      onWorker('a', { do: 'detach', path: '/old' }),
    ];
    expect(rollBackLive(steps).map(({ operation }) => operation)).toEqual([
      { do: 'attach', path: '/old' },
      { do: 'detach', path: '/mnt' },
      { do: 'redeclare', storageId: 's' },
      { do: 'set-tasks', enable: ['y'], disable: ['x'] },
    ]);
  });

  test('tells a worker nothing that is started anew or waits for its tasks', () => {
    const steps = [
      onWorker('a', { do: 'cordon' }),
      onWorker('b', { do: 'set-tasks', enable: ['x'], disable: [] }),
      service('b', 'start'),
    ];
    expect(rollBackLive(steps)).toEqual([]);
  });
});
