import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import { operationScript } from '../../../src/sealctl/host/operations/operation-script.ts';
import type { Operation, ServiceVerb } from '../../../src/sealctl/host/operations/operation.ts';
import { rollBackScript } from '../../../src/sealctl/host/operations/rollback-script.ts';
import type { DaemonRef } from '../../../src/sealctl/model/kind.ts';
import type { ObservedHost } from '../../../src/sealctl/model/observed.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import { writing } from '../host/operations.ts';
import { job, listed, portsOver, task } from './fleet-in-memory.ts';

const layout = layoutOf({ services: 'supervisor', root: '/srv' });
const daemon = (name: string): DaemonRef => ({ role: 'worker', name });
const onHost = (of: DaemonRef | undefined, operation: Operation): ExecutableStep => ({
  title: 'step',
  interrupts: true,
  ...(of === undefined ? {} : { daemon: of }),
  on: 'host',
  operation,
});
const service = (name: string, verb: ServiceVerb) =>
  ({ do: 'service', manager: 'supervisor', name: `sealctl-${name}`, verb }) as const;
const write = (of: DaemonRef, name: string) => onHost(of, writing(`/srv/env/${name}`, 'x'));

describe('before a canary is rolled back', () => {
  const main = daemon('main');
  const changed = [write(main, 'main'), onHost(main, service('main', 'start'))];
  const stats = { s: listed('worker-1-main', [task]) };

  /** Drains what these steps have started, on a worker with a job in the first looks of the miner. */
  async function drain(steps: readonly ExecutableStep[], busyLooks: number) {
    let looks = 0;
    const fleet = portsOver({
      miner: {
        WorkerStats: () => stats,
        WorkerJobs: () => ((looks += 1) > busyLooks ? null : { s: [job] }),
      },
      worker: { TaskDisable: () => null },
    });
    const port = await fleet.ports.host('worker-1');
    await port.drainWorkers(steps, fleet.context);
    return fleet;
  }

  test('a worker that was started anew is cordoned, and its tasks are waited for', async () => {
    const { rpc, slept } = await drain(changed, 3);
    expect(rpc.called.filter((call) => call.includes('Disable'))).toEqual([`3456 TaskDisable("${task}")`]);
    expect(slept).toEqual([500, 500, 500, 500]);
  });

  test('its tasks are waited for as long as its drainTimeout says', async () => {
    await expect(drain(changed, Infinity)).rejects.toThrow(
      'waiting for the tasks of worker-1-main took longer than 5 s',
    );
  });

  test('a worker that cluster.yaml does not have on the host is not waited for', async () => {
    const other = daemon('other');
    const steps = [write(other, 'other'), onHost(other, service('other', 'start'))];
    const { rpc } = await drain(steps, 0);
    expect(rpc.called).toEqual([]);
  });

  test.each<[string, readonly ExecutableStep[]]>([
    ['a worker that was only stopped', [write(main, 'main'), onHost(main, service('main', 'stop'))]],
    ['a worker whose files are the same', [onHost(main, service('main', 'start'))]],
    ['a miner', [write({ role: 'miner' }, 'miner'), onHost({ role: 'miner' }, service('miner', 'start'))]],
    [
      'a service of no daemon',
      [onHost(undefined, writing('/srv/env/exporter', 'x')), onHost(undefined, service('exporter', 'start'))],
    ],
  ])('%s goes on without a word', async (_what, steps) => {
    const { rpc } = await drain(steps, 0);
    expect(rpc.called).toEqual([]);
  });
});

describe('a canary that is rolled back', () => {
  const [old, fresh, same, live] = ['old', 'new', 'same', 'main'].map(daemon) as [
    DaemonRef,
    DaemonRef,
    DaemonRef,
    DaemonRef,
  ];
  const steps: readonly ExecutableStep[] = [
    onHost(old, service('old', 'stop')),
    write(old, 'old'),
    onHost(old, service('old', 'start')),
    write(fresh, 'new'),
    onHost(fresh, service('new', 'start')),
    onHost(same, service('same', 'start')),
    {
      title: 'tasks',
      interrupts: false,
      daemon: live,
      on: 'worker',
      operation: { do: 'set-tasks', enable: ['a'], disable: ['b'] },
    },
  ];
  const restored = ['/srv/state/rollback', '/srv/state/manifest', '/srv/env/old', '/srv/env/new'];
  const restores = ['sh', '-c', rollBackScript, 'sh', ...restored];
  const script = (name: string, verb: ServiceVerb) => {
    const operation = operationScript({ ...service(name, verb) }, layout, new Map());
    return ['sh', '-c', operation.script];
  };

  async function rollBack(found: ObservedHost | undefined) {
    const fleet = portsOver({
      ...(found === undefined ? {} : { found: { 'worker-1': found } }),
      worker: { TaskEnable: () => null, TaskDisable: () => null },
    });
    const port = await fleet.ports.host('worker-1');
    await port.rollBack(steps, fleet.context);
    return { called: fleet.rpc.called, scripts: fleet.executed.map(({ argv }) => argv) };
  }
  const running = { process: { pid: 7 } };
  const observed = (services: Readonly<Record<string, unknown>>): ObservedHost =>
    ({
      reachable: true,
      facts: {
        services: new Map(Object.entries(services).map(([name, fact]) => [`service sealctl-${name}`, fact])),
      },
    }) as unknown as ObservedHost;

  test('has its files restored between the stop and the start of what reads them, and only what ran is started', async () => {
    const { scripts } = await rollBack(observed({ old: running, new: {}, same: running }));
    expect(scripts).toEqual([
      script('old', 'stop'),
      script('new', 'stop'),
      restores,
      script('old', 'reload'),
      script('old', 'start'),
      script('new', 'reload'),
      script('same', 'reload'),
      script('same', 'start'),
    ]);
  });

  test.each<[string, ObservedHost | undefined]>([
    ['had none of its services', observed({})],
    ['could not be read', { ...observed({ old: running }), reachable: false } as ObservedHost],
    ['was not read', undefined],
  ])('starts nothing where the host %s before', async (_what, found) => {
    const { scripts } = await rollBack(found);
    expect(scripts).toEqual([
      script('old', 'stop'),
      script('new', 'stop'),
      restores,
      script('old', 'reload'),
      script('new', 'reload'),
      script('same', 'reload'),
    ]);
  });

  test('undoes what running workers were told', async () => {
    const { called } = await rollBack(undefined);
    expect(called).toEqual(['3456 TaskEnable("b")', '3456 TaskDisable("a")']);
  });
});
