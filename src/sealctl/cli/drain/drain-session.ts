import { linkTo } from '../../apply/cordon/worker-link.ts';
import type { DrainLink, PathOwner } from '../../drain/drain-link.ts';
import { probeKey, type Hold } from '../../host/probe/facts.ts';
import { kinds } from '../../kinds/index.ts';
import type { ObservedHost, ObservedWorker } from '../../model/observed.ts';
import { parseSectorStore } from '@sealctl/core/lotus/storage-files';
import type { Observation } from '../../observe/observe.ts';
import { daemonStates } from '../../plan/diff/daemon-states.ts';
import type { ExecutableStep } from '../../model/plan.ts';
import type { DaemonState } from '../../plan/order/sequence.ts';
import { fail } from '@sealctl/core/problem/problem';
import type { HostSpec } from '../../spec/spec.ts';
import { applyView, type ProgressFormat } from '../apply/apply.ts';
import type { Interruption, SealctlContext } from '../core/context.ts';
import type { FleetSession } from '../core/fleet-session.ts';
import { problemsText } from '../core/load.ts';

/** The observed state of a host that drain or undrain works on. */
export interface DrainSession {
  readonly spec: { readonly host: string; readonly hostSpec: HostSpec };
  readonly observation: Observation;
  readonly found: Extract<ObservedHost, { reachable: true }>;
  readonly daemons: readonly DaemonState[];
  readonly workers: ReadonlyMap<string, ObservedWorker | { readonly unreachable: string }>;
  readonly hold: Hold | undefined;
}

/** Reads one host. Rejects when it cannot be read. */
export async function observeHost(session: FleetSession, host: string): Promise<DrainSession> {
  const observation = await session.observe((name) => name === host);
  const found = observation.observed.hosts.get(host);
  const hostSpec = session.spec.hosts.find(({ name }) => name === host);
  if (found?.reachable !== true || hostSpec === undefined) {
    throw fail({
      code: 'host-unreachable',
      summary: `${host} cannot be read`,
      where: { in: 'host', host },
      why: found?.reachable === false ? found.reason : '',
    });
  }
  return {
    spec: { host, hostSpec },
    observation,
    found,
    daemons: daemonStates(hostSpec, session.resources.get(host) ?? [], [], found.facts, kinds),
    workers: found.workers,
    hold: found.facts.hold,
  };
}

/** Whether the host is on hold now; asks nothing else. */
export async function isHeld({ fleet }: FleetSession, { spec }: DrainSession): Promise<boolean> {
  const reader = await fleet.reader(spec.hostSpec);
  return (await reader.probe([])).hold !== undefined;
}

/** Runs steps on one host under the cluster lock and reports failures. True when all are done. */
export async function applyToHost(
  context: SealctlContext,
  session: FleetSession,
  observation: Observation,
  request: { readonly operation: string; readonly host: string; readonly steps: readonly ExecutableStep[] },
  { format, breakLock }: { readonly format: ProgressFormat; readonly breakLock: boolean },
  interruption: Interruption,
): Promise<boolean> {
  const { operation, host, steps } = request;
  const result = await session.applyPlan(
    {
      operation,
      breakLock,
      steps: new Map([[host, steps]]),
      rollout: [{ host, carriesMiner: false, interrupted: [] }],
      policy: { maxUnavailable: 1, canary: undefined, order: [], keepServing: {}, inFlight: 1 },
      serving: {},
      observation,
    },
    applyView(context, format, [host], interruption.stopping),
    interruption,
  );
  for (const { problems } of result.failed) context.process.stderr.write(problemsText(context, problems));
  for (const { stepsDone, steps: all } of result.interrupted)
    context.process.stderr.write(
      `${host}: ${stepsDone} of ${all} steps done; run the same command again to resume\n`,
    );
  return result.done.includes(host) && result.failed.length === 0;
}

/** Opens what a drain of the host talks to; workers of other hosts are looked for when they are first asked for. */
export async function openDrainLink(
  session: FleetSession,
  { spec: { host, hostSpec }, observation, found, daemons }: DrainSession,
  { clock, today }: SealctlContext,
  signal: AbortSignal,
): Promise<DrainLink> {
  const { spec, fleet } = session;
  const { secrets } = observation;
  const step = { signal, progress: () => undefined };
  const running = daemons.filter(({ daemon, running: runs }) => daemon.role === 'worker' && runs);
  const workers = await Promise.all(
    running.map(({ daemon }) => linkTo({ spec, fleet, host: hostSpec, found, secrets, clock }, daemon, step)),
  );
  const [first] = workers;
  if (first === undefined) throw new Error(`no worker runs on ${host}`);
  let owners: Promise<ReadonlyMap<string, PathOwner>> | undefined;
  return {
    miner: first.miner,
    actorId: Number(spec.actor.slice(2)),
    workers,
    pathsOf: (label) => writtenPaths(hostSpec, found, label),
    owners: () => (owners ??= ownersOf(session, host, { clock, signal })),
    now: () => today().getTime(),
    signal,
  };
}

/** IDs of a worker's paths by the files on them. */
function writtenPaths(host: HostSpec, found: DrainSession['found'], label: string): string[] {
  const worker = host.workers.find((candidate) => candidate.label === label);
  return (worker?.storage ?? []).flatMap(({ path }) => {
    const key = probeKey({ ask: 'file', path: `${path}/sectorstore.json`, content: true });
    const { content } = found.facts.files.get(key) ?? {};
    return content === undefined ? [] : [parseSectorStore(content).ID];
  });
}

/** Workers of the other hosts by the paths they serve. */
async function ownersOf(
  session: FleetSession,
  host: string,
  { clock, signal }: { readonly clock: SealctlContext['clock']; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, PathOwner>> {
  const { spec, fleet } = session;
  const { observed, secrets } = await session.observe();
  const owners = new Map<string, PathOwner>();
  for (const hostSpec of spec.hosts) {
    const found = observed.hosts.get(hostSpec.name);
    if (hostSpec.name === host || found?.reachable !== true || found.facts.hold !== undefined) continue;
    for (const worker of hostSpec.workers) {
      const answer = found.workers.get(worker.name);
      if (answer === undefined || 'unreachable' in answer) continue;
      const link = { spec, fleet, host: hostSpec, found, secrets, clock };
      const daemon = { role: 'worker', name: worker.name } as const;
      const connect = () => linkTo(link, daemon, { signal, progress: () => undefined });
      for (const { id } of answer.paths) owners.set(id, { label: worker.label, connect });
    }
  }
  return owners;
}
