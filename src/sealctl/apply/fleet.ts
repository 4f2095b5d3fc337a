import { probeKey } from '../host/probe/facts.ts';
import { layoutOf } from '../host/layout.ts';
import type { Operation } from '../host/operations/operation.ts';
import type { DaemonRef } from '../model/kind.ts';
import type { ObservedHost } from '../model/observed.ts';
import { rememberedHost, type FleetHost, type FleetReader } from '../observe/fleet.ts';
import type { Observation } from '../observe/observe.ts';
import { openConnections, type Connections, type ConnectionsOptions } from '../observe/ssh-fleet.ts';
import { taskCodes } from '../plan/order/serving.ts';
import type { Spec } from '../spec/spec.ts';
import type { Redactor } from '@sealctl/core/secret/redact';
import type { HostConnection } from '../ssh/connection.ts';
import type { ApplyEvent } from './executor/events.ts';
import type { RolloutPorts, HostExecutor, StepContext } from './executor/ports.ts';
import { healthGate } from './executor/health-gate.ts';
import { recordOnHost } from './journal/host-history.ts';
import { assertWritable } from './executor/writable.ts';
import { runOperation } from './executor/run-operation.ts';
import { secretSource } from './executor/secret-source.ts';
import { drainWorkers } from './cordon/drain-workers.ts';
import type { Clock } from '@sealctl/core/async/clock';
import { rollBackLive, snapshotFiles, restoreFiles, touchedDaemons } from './rollback/rollback.ts';
import { linkTo, linkToMiner } from './cordon/worker-link.ts';
import { runWorkerOperation } from './cordon/worker-operations.ts';

/** The fleet as apply uses it: read like by every command, and changed through ports. */
export interface Fleet extends FleetReader {
  readonly connection: (host: FleetHost) => Promise<HostConnection>;
  readonly rolloutPorts: (options: PortOptions) => RolloutPorts;
  readonly close: () => Promise<void>;
}

export interface PortOptions {
  /** What was known when the plan was made. */
  readonly observation: Observation;
  readonly notify: (event: ApplyEvent) => void;
  readonly redactor: Redactor;
  readonly stopping: AbortSignal;
  readonly aborting: AbortSignal;
  readonly startedBy: StartedBy;
}

/** The run and its operator, for the history on each host. */
export interface StartedBy {
  readonly who: string;
  readonly operation: string;
  /** ISO 8601. */
  readonly when: string;
  /** First digits of the digest of a host's steps. */
  readonly plan: (host: string) => string;
}

/** Opens nothing yet: hosts are connected to when they are first asked for. */
export function openFleet(
  spec: Spec,
  options: { readonly ssh: ConnectionsOptions; readonly clock: Clock },
): Fleet {
  return fleetOver(spec, openConnections(options.ssh), options.clock);
}

/** The fleet of cluster.yaml over connections to its hosts. */
export function fleetOver(spec: Spec, connections: Connections, clock: Clock): Fleet {
  return {
    reader: connections.reader,
    connection: connections.connection,
    close: connections.close,
    rolloutPorts: ({ observation, notify, redactor, stopping, aborting, startedBy }) => {
      const secrets = secretSource(spec, connections, observation.secrets, redactor.learn);
      const hosts = fleetHosts(spec, observation);
      return {
        host: async (name) => {
          const host = hosts.get(name);
          if (host === undefined) throw new Error(`${name} is neither in cluster.yaml nor in the inventory`);
          const connection = await connections.connection(host);
          const layout = layoutOf(host);
          const found = observation.observed.hosts.get(name);
          const link = async (daemon: DaemonRef, context: StepContext) =>
            linkTo(
              { spec, fleet: connections, host, found, secrets: await secrets(), clock },
              daemon,
              context,
            );
          const runOnWorker: HostExecutor['runOnWorker'] = async (daemon, operation, context) =>
            runWorkerOperation(operation, await link(daemon, context), context);
          return {
            run: async (operation, context) =>
              runOperation(operation, { connection, layout, secrets: await secrets(operation) }, context),
            runOnWorker,
            assertWritable: (steps, context) => assertWritable(steps, connection, layout, context),
            record: (done) =>
              recordOnHost(
                host,
                connection,
                redactor.data({ ...done, ...startedBy, plan: startedBy.plan(name) }),
              ),
            gate: async (steps, context) =>
              healthGate(
                {
                  host: name,
                  reader: await connections.reader(host),
                  steps,
                  healthyForMs: spec.rollout.healthyForMs,
                  clock,
                  runOnWorker,
                },
                context,
              ),
            snapshotFiles: (steps) => snapshotFiles(steps, connection, layout),
            drainWorkers: async (steps, context) => {
              const restarted = touchedDaemons(steps).filter(({ started, differs }) => started && differs);
              const workers = spec.hosts
                .filter((each) => each.name === name)
                .flatMap((each) => each.workers)
                .filter((worker) =>
                  restarted.some(({ daemon }) => daemon?.role === 'worker' && daemon.name === worker.name),
                );
              const links = workers.map(async (worker) => ({
                link: await link({ role: 'worker', name: worker.name }, context),
                timeoutMs: worker.drainTimeoutMs,
              }));
              await drainWorkers(await Promise.all(links), context);
            },
            rollBack: async (steps, context) => {
              const target = { connection, layout, secrets: observation.secrets };
              const touched = touchedDaemons(steps);
              for (const { service, differs } of touched)
                if (differs) await runOperation({ ...service, verb: 'stop' }, target, context);
              await restoreFiles(steps, connection, layout);
              for (const { service } of touched) {
                await runOperation({ ...service, verb: 'reload' }, target, context);
                // A daemon that was new has nothing to roll back to.
                if (ranBefore(found, service)) await runOperation(service, target, context);
              }
              for (const { daemon, operation } of rollBackLive(steps))
                await runOnWorker(daemon, operation, context);
            },
          } satisfies HostExecutor;
        },
        workers: async () => {
          const { miner } = await linkToMiner(spec, connections, await secrets());
          const stats = Object.values(await miner.call('WorkerStats', [], { signal: aborting }));
          return stats
            .filter(({ Enabled }) => Enabled)
            .map(({ Info, Tasks }) => ({ label: Info.Hostname, tasks: taskCodes(Tasks ?? []) }));
        },
        now: clock.now,
        pause: (ms, signal) => clock.sleep(ms, signal).catch(() => undefined),
        notify,
        stopping,
        aborting,
      };
    },
  };
}

function fleetHosts(spec: Spec, { observed }: Observation): ReadonlyMap<string, FleetHost> {
  const miner = spec.hosts.find(({ name }) => name === spec.miner.host);
  const found = observed.hosts.get(spec.miner.host);
  const inventory = found?.reachable === true ? found.facts.inventory : undefined;
  const remembered =
    miner === undefined || inventory === undefined
      ? []
      : inventory.hosts.map((host) => [host.name, rememberedHost(host, miner.ssh)] as const);
  return new Map<string, FleetHost>([...remembered, ...spec.hosts.map((host) => [host.name, host] as const)]);
}

function ranBefore(found: ObservedHost | undefined, service: Extract<Operation, { do: 'service' }>): boolean {
  if (found?.reachable !== true) return false;
  return found.facts.services.get(probeKey({ ask: 'service', ...service }))?.process !== undefined;
}
