import { fleetOver } from '../../../src/sealctl/apply/fleet.ts';
import type { ApplyEvent } from '../../../src/sealctl/apply/executor/events.ts';
import { Redactor } from '../../../src/core/secret/redact.ts';
import type { HostFacts } from '../../../src/sealctl/host/probe/facts.ts';
import type { Observed, ObservedHost } from '../../../src/sealctl/model/observed.ts';
import type { FleetHost } from '../../../src/sealctl/observe/fleet.ts';
import type { Spec } from '../../../src/sealctl/spec/spec.ts';
import type { ExecRequest, HostConnection } from '../../../src/sealctl/ssh/connection.ts';
import { clusterSpec, hostSpec, minerSpec, workerSpec } from '../model/spec.ts';
import { recordedConnection } from './recorded-connection.ts';
import { rpcDaemons, type Answers } from './rpc-daemons.ts';

/** The token in the repo of the miner. */
export const token = 'token-of-the-miner';
export const task = 'seal/v0/precommit/1';
/** A job of the worker `main`, as the miner lists it. */
export const job = {
  ID: { Sector: { Miner: 1000, Number: 4 }, ID: 'call' },
  Sector: { Miner: 1000, Number: 4 },
  Task: task,
  RunWait: 0,
  Start: '2026-01-01T00:00:00Z',
  Hostname: 'worker-1-main',
};

/** A worker in the list of the miner. */
export function listed(label: string, tasks: readonly string[] | null, enabled = true) {
  const resources = { MemPhysical: 1, MemUsed: 1, MemSwap: 0, MemSwapUsed: 0, CPUs: 2, GPUs: null };
  return {
    Info: { Hostname: label, IgnoreResources: false, Resources: { ...resources, Resources: null } },
    Tasks: tasks,
    Enabled: enabled,
    MemUsedMin: 0,
    MemUsedMax: 0,
    GpuUsed: 0,
    CpuUse: 0,
    TaskCounts: null,
  };
}

const main = workerSpec('worker-1', 'main', { drainTimeoutMs: 5000 });
/** The miner and a worker on one host, and on another the worker `main`, below `/srv`; both workers have the same name. */
export const cluster: Spec = clusterSpec(
  [
    hostSpec('miner-1', [workerSpec('miner-1', 'main')], { address: '10.0.0.2' }),
    hostSpec('worker-1', [main], { services: 'supervisor', root: '/srv' }),
  ],
  {
    miner: minerSpec('miner-1'),
    rollout: { maxUnavailable: { count: 1 }, keepServing: {}, healthyForMs: 3000, pauseMs: 0 },
  },
);

interface Setting {
  readonly spec?: Spec;
  /** What the plan found on hosts. */
  readonly found?: Readonly<Record<string, ObservedHost>>;
  /** What is read of every host now, beside the miner's token. */
  readonly facts?: Partial<HostFacts>;
  readonly miner?: Answers;
  readonly worker?: Answers;
}

/** The ports of an apply to a fleet in memory, and everything that happens there. */
export function portsOver(setting: Setting = {}) {
  const executed: (ExecRequest & { readonly on: string })[] = [];
  const opened: FleetHost[] = [];
  const notified: ApplyEvent[] = [];
  const slept: number[] = [];
  let now = 100;
  const rpc = rpcDaemons(
    new Map([
      [2345, { WorkerStats: () => ({}), WorkerJobs: () => null, SealingTimes: () => [], ...setting.miner }],
      [3456, { ProcessSession: () => 's', TaskTypes: () => ({ [task]: {} }), ...setting.worker }],
    ]),
  );
  const facts = {
    services: new Map(),
    ...setting.facts,
    files: new Map([
      ['file /var/lib/sealctl/repos/miner/token', { type: 'file', content: `${token}\n` }],
      ...(setting.facts?.files ?? []),
    ]),
  };
  const connectionTo = (host: FleetHost): Promise<HostConnection> => {
    opened.push(host);
    const { connection } = recordedConnection();
    return Promise.resolve({
      ...connection,
      exec: (request) => {
        executed.push({ on: host.name, ...request });
        return connection.exec(request);
      },
    });
  };
  const stopping = new AbortController();
  const aborting = new AbortController();
  const redactor = new Redactor([]);
  const observed = { hosts: new Map(Object.entries(setting.found ?? {})) };
  const notify = (event: ApplyEvent): void => void notified.push(event);
  const fleet = fleetOver(
    setting.spec ?? cluster,
    {
      connection: connectionTo,
      reader: () => Promise.resolve({ probe: () => Promise.resolve(facts as never), forward: rpc.forward }),
      close: () => Promise.resolve(),
    },
    {
      now: () => now,
      sleep: (ms, signal) => {
        slept.push(ms);
        now += ms;
        return signal.aborted ? Promise.reject(new Error('broken off')) : Promise.resolve();
      },
    },
  );
  const ports = fleet.rolloutPorts({
    observation: { observed: observed as unknown as Observed, secrets: new Map() },
    notify,
    redactor,
    stopping: stopping.signal,
    aborting: aborting.signal,
    startedBy: { who: 'ana@desk', operation: 'apply', when: '2026-11-02', plan: (host) => `plan of ${host}` },
  });
  const told: string[] = [];
  const context = { signal: aborting.signal, progress: (text: string) => void told.push(text) };
  return {
    ports,
    executed,
    opened,
    notified,
    notify,
    slept,
    rpc,
    redactor,
    stopping,
    aborting,
    told,
    context,
  };
}
