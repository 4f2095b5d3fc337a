import { isOfKind } from '../../kinds/index.ts';
import type { HostFacts } from '../../host/probe/facts.ts';
import type { DaemonRef } from '../../model/kind.ts';
import type { ObservedHost } from '../../model/observed.ts';
import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import type { WorkerApi, WorkerFetchApi } from '@sealctl/core/lotus/worker-api';
import { daemonAddress, rpcOver } from '../../observe/daemon-rpc.ts';
import type { FleetHost, FleetReader } from '../../observe/fleet.ts';
import { apiFile, tokenFile } from '@sealctl/core/lotus/repo-layout';
import { fail } from '@sealctl/core/problem/problem';
import { secretKey, type SecretValues } from '@sealctl/core/secret/secret';
import type { Spec } from '../../spec/spec.ts';
import type { StepContext } from '../executor/ports.ts';
import type { Clock } from '@sealctl/core/async/clock';
import type { WorkerLink } from './worker-operations.ts';

/** A worker operation's surroundings. */
export interface LinkContext {
  readonly spec: Spec;
  readonly fleet: FleetReader;
  readonly host: FleetHost;
  /** The host as it was when the plan was made. */
  readonly found: ObservedHost | undefined;
  readonly secrets: SecretValues;
  readonly clock: Clock;
}

/** Clients of a worker and its miner at their current addresses. */
export async function linkTo(
  link: LinkContext,
  daemon: DaemonRef,
  context: StepContext,
): Promise<WorkerLink> {
  const { spec, fleet, host, secrets, clock } = link;
  const { miner, token } = await linkToMiner(spec, fleet, secrets);
  const place = await workerPlace(link, daemon);
  const worker = rpcOver<WorkerApi & WorkerFetchApi>(fleet, host, place.address, token);
  const label = place.label ?? (await worker.call('Info', [], context)).Hostname;
  return { host: host.name, label, worker, miner, actor: spec.actor, clock };
}

/** A client of the miner at its current address, and its token. */
export async function linkToMiner(
  spec: Spec,
  fleet: FleetReader,
  secrets: SecretValues,
): Promise<{ readonly miner: RpcClient<MinerApi>; readonly token: string }> {
  const token = secrets.get(secretKey(spec.miner.token));
  const minerHost = spec.hosts.find(({ name }) => name === spec.miner.host);
  if (token === undefined || minerHost === undefined) {
    throw fail({
      code: 'no-miner-token',
      summary: 'the token of the miner is missing',
      where: { in: 'host', host: spec.miner.host, path: tokenFile(spec.miner.repo) },
      why: 'the miner is not initialized, or its token cannot be read',
      fix: 'apply to the host of the miner first, or set miner.token',
    });
  }
  const minerFacts = await freshFacts(fleet, minerHost, spec.miner.repo);
  const address = daemonAddress(spec.miner.repo, spec.miner.listen, minerHost.address, minerFacts);
  return { miner: rpcOver<MinerApi>(fleet, minerHost, address, token), token };
}

interface WorkerPlace {
  readonly address: { readonly host: string; readonly port: number };
  /** Absent for a worker that was removed from cluster.yaml; its own answer has the name. */
  readonly label: string | undefined;
}

async function workerPlace(
  { spec, fleet, host, found }: LinkContext,
  daemon: DaemonRef,
): Promise<WorkerPlace> {
  const name = daemon.role === 'worker' ? daemon.name : undefined;
  const worker = spec.hosts
    .find((candidate) => candidate.name === host.name)
    ?.workers.find((candidate) => candidate.name === name);
  if (worker !== undefined) {
    const facts = await freshFacts(fleet, host, worker.repo);
    return { address: daemonAddress(worker.repo, worker.listen, host.address, facts), label: worker.label };
  }
  const repo = daemon.role === 'miner' ? spec.miner.repo : repoOfRunning(found, daemon.name);
  const nowhere = { host: host.address, port: 0 };
  if (repo === undefined) return { address: nowhere, label: undefined };
  return {
    address: daemonAddress(repo, nowhere, host.address, await freshFacts(fleet, host, repo)),
    label: daemon.role === 'miner' ? 'miner' : undefined,
  };
}

/** The repo of a worker that cluster.yaml no longer knows, from the environment its process runs in. */
function repoOfRunning(found: ObservedHost | undefined, name: string): string | undefined {
  if (found?.reachable !== true) return undefined;
  const entry = found.facts.manifest.find(
    (entry) => isOfKind(entry, 'service') && entry.id.endsWith(`/worker/${name}/service`),
  );
  if (entry === undefined) return undefined;
  const service = found.facts.services.get(`service ${entry.path}`);
  return service?.process?.environ.get('LOTUS_WORKER_PATH');
}

/** Reads the daemon's address again, because it may have changed since the plan was made. */
async function freshFacts(fleet: FleetReader, host: FleetHost, repo: string): Promise<HostFacts> {
  return (await fleet.reader(host)).probe([{ ask: 'file', path: apiFile(repo), content: true }]);
}
