import { probeKey, type ProbeRequest } from '../host/probe/facts.ts';
import type { Kind, Resource } from '../model/kind.ts';
import type { Spec, WorkerSpec } from '../spec/spec.ts';

/** Everything that is asked of one host, each thing once. */
export function requestsOf(
  host: string,
  spec: Spec,
  resources: readonly Resource[],
  kinds: ReadonlyMap<string, Kind<unknown>>,
): ProbeRequest[] {
  const asked = new Map<string, ProbeRequest>();
  const add = (request: ProbeRequest) => {
    const earlier = asked.get(probeKey(request));
    if (earlier === undefined || (request.ask === 'file' && request.content))
      asked.set(probeKey(request), request);
  };
  for (const resource of resources) kinds.get(resource.kind)?.probe(resource).forEach(add);
  for (const worker of spec.hosts.find(({ name }) => name === host)?.workers ?? [])
    add(fileOf(apiFile(worker.repo)));
  if (spec.miner.host === host)
    [apiFile(spec.miner.repo), tokenFile(spec.miner.repo)].map(fileOf).forEach(add);
  return [...asked.values()];
}

/** Where a daemon writes the multiaddr it really listens on. */
export function apiFile(repo: WorkerSpec['repo']): string {
  return `${repo}/api`;
}

/** Where a miner keeps its admin token. */
export function tokenFile(repo: string): string {
  return `${repo}/token`;
}

function fileOf(path: string): ProbeRequest {
  return { ask: 'file', path, content: true };
}
