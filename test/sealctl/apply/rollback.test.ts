import { describe, expect, test } from 'vitest';
import {
  pathsReplaced,
  rollBackLive,
  servicesStarted,
  touchedDaemons,
} from '../../../src/sealctl/apply/rollback/rollback.ts';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
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
const onWorker = (name: string | undefined, operation: WorkerOperation): ExecutableStep => ({
  ...step(name),
  on: 'worker',
  operation,
});
const service = (name: string, verb: 'start' | 'stop' | 'reload') =>
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

  test('undoes what each worker was told on that worker, beside services that belong to no daemon', () => {
    const steps = [
      onHost(undefined, { do: 'service', manager: 'systemd', name: 'logs.service', verb: 'start' }),
      onWorker('a', { do: 'redeclare', storageId: 's' }),
      onWorker('b', { do: 'attach', path: '/mnt' }),
    ];
    expect(rollBackLive(steps)).toEqual([
      { daemon: { role: 'worker', name: 'b' }, operation: { do: 'detach', path: '/mnt' } },
      { daemon: { role: 'worker', name: 'a' }, operation: { do: 'redeclare', storageId: 's' } },
    ]);
  });

  test('tells nobody what no worker was told', () => {
    expect(rollBackLive([onWorker(undefined, { do: 'attach', path: '/mnt' })])).toEqual([]);
  });

  test('leaves a worker cordoned, and waits for nothing that was waited for', () => {
    const steps = [
      onWorker('a', { do: 'cordon' }),
      onWorker('a', { do: 'drain', timeoutMs: 1 }),
      onWorker('a', { do: 'await-registered', tasks: [], storagePaths: [], timeoutMs: 1 }),
      onWorker('a', { do: 'await-miner', timeoutMs: 1 }),
    ];
    expect(rollBackLive(steps)).toEqual([]);
  });

  test('counts a daemon as started when it was stopped again, and not when its manager only reads its definition', () => {
    const steps = [service('a', 'start'), service('a', 'stop'), service('b', 'reload'), service('c', 'stop')];
    expect(touchedDaemons(steps)).toEqual([
      {
        daemon: { role: 'worker', name: 'a' },
        service: { do: 'service', manager: 'systemd', name: 'a.service', verb: 'start' },
        started: true,
        differs: false,
      },
      {
        daemon: { role: 'worker', name: 'c' },
        service: { do: 'service', manager: 'systemd', name: 'c.service', verb: 'start' },
        started: false,
        differs: false,
      },
    ]);
  });

  test('restarts a daemon whose files differ beside others whose files differ as well', () => {
    const touched = touchedDaemons([link('a'), link('b'), service('a', 'start'), service('c', 'start')]);
    expect(touched.map(({ service: { name }, differs }) => [name, differs])).toEqual([
      ['a.service', true],
      ['c.service', false],
    ]);
  });
});

/** One step of every kind. */
const everyStep: readonly ExecutableStep[] = [
  onHost('a', { do: 'ensure-directory', path: '/directory', mode: '0700' }),
  onHost('a', {
    do: 'write-file',
    path: '/file',
    content: ['new'],
    mode: '0600',
    entry: { id: 'h/file', kind: 'environment' },
    replaces: { absent: true },
  }),
  onHost('a', { do: 'remove-file', path: '/removed', entry }),
  onHost('a', { do: 'upload-program', source: '/build/worker', sha256: 'aa', program: 'worker' }),
  onHost('a', { do: 'remove-release', sha256: 'bb' }),
  link('a'),
  onHost('a', { do: 'manifest', record: [], forget: [] }),
  service('a', 'stop'),
  onHost('a', { do: 'run', argv: ['init'], env: {}, timeoutMs: 1 }),
  onHost('a', { do: 'set-hold', hold: { who: 'ana', since: '2026-11-02T08:00:00.000Z', why: 'disk' } }),
  onHost('a', { do: 'clear-hold' }),
  onHost('a', { do: 'write-inventory', inventory: { revision: '', hosts: [] } }),
  onWorker('a', { do: 'attach', path: '/mnt' }),
  service('a', 'reload'),
  service('a', 'start'),
  service('b', 'start'),
];

describe('before a host is changed', () => {
  test('what is kept is the manifest and the files and links that the steps replace or remove, each once', () => {
    const layout = layoutOf({ services: 'systemd', root: '/' });
    expect(pathsReplaced([...everyStep, link('b')], layout)).toEqual([
      '/var/lib/sealctl/manifest',
      '/file',
      '/removed',
      '/current',
    ]);
  });

  test('the services that it will start are known', () => {
    expect(servicesStarted(everyStep)).toEqual([
      { do: 'service', manager: 'systemd', name: 'a.service', verb: 'start' },
      { do: 'service', manager: 'systemd', name: 'b.service', verb: 'start' },
    ]);
  });
});
