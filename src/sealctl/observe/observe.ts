import { hostsRemovedFrom } from '../model/removed-hosts.ts';
import { probeKey, type HostFacts } from '../host/probe/facts.ts';
import type { Kind, Resource } from '../model/kind.ts';
import type { Observed, ObservedHost } from '../model/observed.ts';
import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { WorkerApi } from '@sealctl/core/lotus/worker-api';
import { ProblemError, messageOf } from '@sealctl/core/problem/problem';
import { secretKey, type SecretValues } from '@sealctl/core/secret/secret';
import type { Spec, WorkerSpec } from '../spec/spec.ts';
import { readStorageUsage, type FleetUsage } from './fleet-usage.ts';
import { daemonAddress, readMiner, readerOver, readWorker } from './daemon-rpc.ts';
import { rememberedHost, type FleetHost, type FleetReader } from './fleet.ts';
import { tokenFile } from '@sealctl/core/lotus/repo-layout';
import { requestsOf } from './requests.ts';

export interface ObserveInput {
  readonly spec: Spec;
  readonly resources: ReadonlyMap<string, readonly Resource[]>;
  readonly kinds: ReadonlyMap<string, Kind<unknown>>;
  readonly fleet: FleetReader;
  /** The secrets that can be known without the fleet. */
  readonly secrets: SecretValues;
  /** Hosts to read; the miner's host is read in any case. Absent means all. */
  readonly only?: (host: string) => boolean;
  /** Also ask for what only a listing shows. */
  readonly withUsage?: boolean;
}

export interface Observation {
  readonly observed: Observed;
  /** With the miner's token, where it had to be read from the miner. */
  readonly secrets: SecretValues;
  /** Present when it was asked for and the miner answers. */
  readonly usage?: FleetUsage;
}

/**
 * Reads the whole fleet: one probe a host, all at once, and the RPC of every daemon through the same connections. A host or daemon
 * that cannot be read is part of the answer, with the reason; this never rejects for one.
 */
export async function observe(input: ObserveInput): Promise<Observation> {
  const { spec } = input;
  const isMiner = (host: FleetHost) => host.name === spec.miner.host;
  // The miner's host goes first: no daemon can be asked before its token and inventory are known.
  const wanted = [...spec.hosts.filter(isMiner), ...spec.hosts.filter((host) => !isMiner(host))].filter(
    (host) => isMiner(host) || (input.only?.(host.name) ?? true),
  );
  const probes = new Map(wanted.map((host) => [host.name, probeHost(host, input)]));
  const minerProbe = await probes.get(spec.miner.host);
  const minerFacts = minerProbe?.reachable === true ? minerProbe.facts : undefined;
  const secrets = withMinerToken(input, minerFacts);
  const token = secrets.get(secretKey(spec.miner.token));
  for (const host of removedHosts(input, minerFacts)) probes.set(host.name, probeHost(host, input));
  const miner = observeMiner(input, minerFacts, token);
  const hosts = await Promise.all(
    [...probes].map(
      async ([name, probe]) => [name, await withWorkers(name, await probe, input, token)] as const,
    ),
  );
  const { observed, usage } = await miner;
  return {
    observed: { hosts: new Map(hosts), miner: observed },
    secrets,
    ...(usage === undefined ? {} : { usage }),
  };
}

async function probeHost(host: FleetHost, input: ObserveInput): Promise<ObservedHost> {
  try {
    const reader = await input.fleet.reader(host);
    const resources = input.resources.get(host.name) ?? [];
    const facts = await reader.probe(requestsOf(host.name, input.spec, resources, input.kinds));
    return { reachable: true, facts, workers: new Map() };
  } catch (thrown) {
    const reason =
      thrown instanceof ProblemError ? thrown.problems.map(inOneLine).join('; ') : messageOf(thrown);
    return { reachable: false, reason, step: 'probe' };
  }
}

function inOneLine({ summary, why, fix }: ProblemError['problems'][number]): string {
  return [summary, why, fix].filter((text) => text !== undefined).join('; ');
}

function removedHosts({ spec, only }: ObserveInput, facts: HostFacts | undefined): FleetHost[] {
  const like = spec.hosts.find((host) => host.name === spec.miner.host)?.ssh;
  if (like === undefined) return [];
  return hostsRemovedFrom(spec, facts?.inventory)
    .filter((host) => only?.(host.name) ?? true)
    .map((host) => rememberedHost(host, like));
}

function withMinerToken({ spec, secrets }: ObserveInput, facts: HostFacts | undefined): SecretValues {
  if (spec.miner.token.from !== 'miner-token') return secrets;
  const file = facts?.files.get(probeKey({ ask: 'file', path: tokenFile(spec.miner.repo), content: true }));
  const token = file?.content?.trim();
  return token === undefined || token === ''
    ? secrets
    : new Map([...secrets, [secretKey(spec.miner.token), token]]);
}

async function observeMiner(
  { spec, fleet, withUsage }: ObserveInput,
  facts: HostFacts | undefined,
  token: string | undefined,
): Promise<{ readonly observed: Observed['miner']; readonly usage?: FleetUsage }> {
  const unreachable = (why: string) => ({ observed: { unreachable: why } });
  const host = spec.hosts.find(({ name }) => name === spec.miner.host);
  if (host === undefined || facts === undefined) return unreachable('its host cannot be read');
  if (token === undefined) return unreachable('the miner has no token: it is not initialized');
  try {
    const address = daemonAddress(spec.miner.repo, spec.miner.listen, host.address, facts);
    const { client, end } = readerOver<MinerApi>(fleet, host, address, token);
    try {
      if (withUsage !== true) return { observed: await readMiner(client) };
      const [observed, usage] = await Promise.all([readMiner(client), readStorageUsage(client)]);
      return { observed, usage };
    } finally {
      end();
    }
  } catch (thrown) {
    return unreachable(messageOf(thrown));
  }
}

async function withWorkers(
  name: string,
  host: ObservedHost,
  { spec, fleet }: ObserveInput,
  token: string | undefined,
): Promise<ObservedHost> {
  const hostSpec = spec.hosts.find((candidate) => candidate.name === name);
  if (!host.reachable || hostSpec === undefined) return host;
  const workers = await Promise.all(
    hostSpec.workers.map(async (worker) => [worker.name, await readOne(worker)] as const),
  );
  return { ...host, workers: new Map(workers) };

  async function readOne(worker: WorkerSpec) {
    if (token === undefined) return { unreachable: 'the miner is not initialized' };
    if (hostSpec === undefined || !host.reachable) return { unreachable: 'its host cannot be read' };
    try {
      const address = daemonAddress(worker.repo, worker.listen, hostSpec.address, host.facts);
      const { client, end } = readerOver<WorkerApi>(fleet, hostSpec, address, token);
      return await readWorker(client).finally(end);
    } catch (thrown) {
      return { unreachable: messageOf(thrown) };
    }
  }
}
