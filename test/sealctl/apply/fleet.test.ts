import { describe, expect, test } from 'vitest';
import { openFleet } from '../../../src/sealctl/apply/fleet.ts';
import { appendHistoryScript } from '../../../src/sealctl/host/lock/history-script.ts';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import { operationScript } from '../../../src/sealctl/host/operations/operation-script.ts';
import { snapshotScript } from '../../../src/sealctl/host/operations/rollback-script.ts';
import { tryWritingScript } from '../../../src/sealctl/host/operations/writable-script.ts';
import type { InventoryHost } from '../../../src/sealctl/host/probe/facts.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import type { ObservedHost } from '../../../src/sealctl/model/observed.ts';
import { secretKey } from '../../../src/core/secret/secret.ts';
import { writing } from '../host/operations.ts';
import { cluster, listed, portsOver, task, token } from './fleet-in-memory.ts';

const layout = layoutOf({ services: 'supervisor', root: '/srv' });
const writesFile: ExecutableStep = {
  title: 'write',
  interrupts: true,
  on: 'host',
  operation: writing('/srv/env/main', 'x'),
};

describe('a host of the fleet', () => {
  const remembered: InventoryHost = {
    name: 'gone',
    address: '10.0.0.9',
    services: 'supervisor',
    root: '/old',
    port: 2222,
    become: 'none',
  };
  const stale = { ...remembered, name: 'worker-1' };
  const withInventory = (hosts: readonly InventoryHost[] | undefined): ObservedHost =>
    ({
      reachable: true,
      facts: hosts === undefined ? {} : { inventory: { revision: '', hosts } },
    }) as unknown as ObservedHost;

  test('is reached as cluster.yaml says, whatever the inventory says of it', async () => {
    const { ports, opened } = portsOver({ found: { 'miner-1': withInventory([stale]) } });
    await ports.host('worker-1');
    expect(opened).toEqual([cluster.hosts[1]]);
  });

  test('that was removed from cluster.yaml is reached as the inventory says, by the login of the miner', async () => {
    const { ports, opened } = portsOver({ found: { 'miner-1': withInventory([stale, remembered]) } });
    await ports.host('gone');
    expect(opened).toEqual([
      {
        name: 'gone',
        address: '10.0.0.9',
        services: 'supervisor',
        root: '/old',
        ssh: { port: 2222, become: 'none', hostKeys: 'strict', transport: 'ssh2' },
      },
    ]);
  });

  test.each<[string, Parameters<typeof portsOver>[0]]>([
    ['the inventory lacks it too', { found: { 'miner-1': withInventory([stale]) } }],
    ['there is no inventory', { found: { 'miner-1': withInventory(undefined) } }],
    ['another host than that of the miner lists it', { found: { 'worker-1': withInventory([remembered]) } }],
    [
      "the miner's host cannot be reached",
      { found: { 'miner-1': { ...withInventory([remembered]), reachable: false } as ObservedHost } },
    ],
    [
      'cluster.yaml has no host for the miner',
      {
        spec: { ...cluster, hosts: cluster.hosts.slice(1) },
        found: { 'miner-1': withInventory([remembered]) },
      },
    ],
  ])('is not known when %s', async (_when, setting) => {
    const { ports, opened } = portsOver(setting);
    await expect(ports.host('gone')).rejects.toThrow('gone is neither in cluster.yaml nor in the inventory');
    expect(opened).toEqual([]);
  });

  test("gets its operations in its own layout, with the miner's token once that is needed", async () => {
    const { ports, executed, redactor, context } = portsOver();
    const operation = writing('/srv/env/main', '', { content: ['TOKEN=', { from: 'miner-token' }] });
    await (await ports.host('worker-1')).run(operation, context);
    const secrets = new Map([[secretKey({ from: 'miner-token' }), token]]);
    const { script, stdin } = operationScript(operation, layout, secrets);
    expect(executed).toMatchObject([{ on: 'worker-1', argv: ['sh', '-c', script], stdin }]);
    expect(redactor.text(`it is ${token}`)).toBe('it is ********');
  });

  test('is told a worker operation by RPC with the token of the miner', async () => {
    const { ports, rpc, context } = portsOver({
      worker: { TaskEnable: () => null, TaskDisable: () => null },
    });
    const port = await ports.host('worker-1');
    const operation = { do: 'set-tasks', enable: ['a'], disable: ['b'] } as const;
    await port.runOnWorker({ role: 'worker', name: 'main' }, operation, context);
    expect(rpc.called).toEqual(['3456 TaskEnable("a")', '3456 TaskDisable("b")']);
    expect([...rpc.tokens]).toEqual([`Bearer ${token}`]);
  });

  test('is checked for write access before daemons are stopped', async () => {
    const { ports, executed, context } = portsOver();
    await (await ports.host('worker-1')).assertWritable([writesFile], context);
    expect(executed.map(({ argv }) => argv[2])).toEqual(
      ['/srv/state', '/srv/env'].map((directory) => tryWritingScript(directory, layout).script),
    );
  });

  test('keeps a line of history for each apply, without any secret', async () => {
    const { ports, executed, redactor } = portsOver();
    redactor.learn(['a-secret-value']);
    const done = { outcome: 'failed', stepsDone: 1, steps: 2, failure: 'write: a-secret-value' } as const;
    await (await ports.host('worker-1')).record(done);
    const line = JSON.stringify({
      when: '2026-11-02',
      who: 'ana@desk',
      operation: 'apply',
      plan: 'plan of worker-1',
      outcome: 'failed',
      stepsDone: 1,
      steps: 2,
      failure: 'write: ********',
    });
    expect(executed.map(({ argv }) => argv)).toEqual([
      ['sh', '-c', appendHistoryScript, 'sh', '/srv/state/history', line, '1000'],
    ]);
  });

  test('has its state saved before a canary is changed', async () => {
    const { ports, executed, context } = portsOver();
    await (await ports.host('worker-1')).snapshotFiles([writesFile], context);
    const paths = ['/srv/state/rollback', '/srv/state/manifest', '/srv/env/main'];
    expect(executed.map(({ argv }) => argv)).toEqual([['sh', '-c', snapshotScript, 'sh', ...paths]]);
  });

  describe('after its steps', () => {
    const start: ExecutableStep = {
      ...writesFile,
      operation: { do: 'service', manager: 'supervisor', name: 'sealctl-worker-main', verb: 'start' },
    };
    const registered: ExecutableStep = {
      ...writesFile,
      daemon: { role: 'worker', name: 'main' },
      on: 'worker',
      operation: { do: 'await-registered', tasks: [task], storagePaths: [], timeoutMs: 1 },
    };
    const services = new Map([['service sealctl-worker-main', { process: { pid: 7 } }]]) as never;

    test('must stay up for healthyFor, and then still be listed by the miner', async () => {
      const { ports, rpc, slept, told, context } = portsOver({
        facts: { services },
        miner: { WorkerStats: () => ({ s: listed('worker-1-main', [task]) }) },
        worker: { Paths: () => [] },
      });
      await (await ports.host('worker-1')).gate([start, registered], context);
      expect(slept).toEqual([1000, 1000, 1000]);
      expect(told).toEqual(['must stay up for 3 s']);
      expect(rpc.called).toEqual(['3456 ProcessSession()', '2345 WorkerStats()', '3456 Paths()']);
    });

    test('is not healthy without the services that they started', async () => {
      const { ports, context } = portsOver();
      await expect((await ports.host('worker-1')).gate([start], context)).rejects.toThrow(
        'sealctl-worker-main did not stay up on worker-1',
      );
    });
  });
});

describe('the fleet', () => {
  test('lists the enabled workers of the miner with the tasks they offer', async () => {
    const { ports, rpc } = portsOver({
      miner: {
        WorkerStats: () => ({
          a: listed('worker-1', [task, 'seal/v0/commit/2', 'of a later Lotus']),
          b: listed('worker-2', [task], false),
          c: listed('worker-3', null),
        }),
      },
    });
    expect(await ports.workers()).toEqual([
      { label: 'worker-1', tasks: ['PC1', 'C2'] },
      { label: 'worker-3', tasks: [] },
    ]);
    expect(rpc.called).toEqual(['2345 WorkerStats()']);
  });

  test('does not wait for the miner once the apply is broken off', async () => {
    const { ports, aborting } = portsOver();
    aborting.abort();
    await expect(ports.workers()).rejects.toThrow();
  });

  test('tells the time by its clock, and ends a pause early when the apply is interrupted', async () => {
    const { ports, slept, stopping, aborting, notify } = portsOver();
    await ports.pause(50, stopping.signal);
    expect(ports.now()).toBe(150);
    stopping.abort();
    await ports.pause(20, stopping.signal);
    expect(slept).toEqual([50, 20]);
    expect(ports).toMatchObject({ stopping: stopping.signal, aborting: aborting.signal, notify });
  });

  test('has no connection before a host is asked for, and none after it was closed', async () => {
    const clock = { now: () => 0, sleep: () => Promise.resolve() };
    const fleet = openFleet(cluster, { ssh: { configFile: 'none' }, clock });
    await fleet.close();
    const [host] = cluster.hosts;
    if (host === undefined) throw new Error('the cluster has no hosts');
    for (const open of [fleet.connection, fleet.reader])
      await expect(open(host)).rejects.toThrow("miner-1 is asked for after the command's end");
  });
});
