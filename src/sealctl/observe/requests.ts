import { probeKey, type ProbeRequest } from '../host/probe/facts.ts';
import type { Kind, Resource } from '../model/kind.ts';
import { apiFile, tokenFile } from '@sealctl/core/lotus/repo-layout';
import type { Spec } from '../spec/spec.ts';

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

function fileOf(path: string): ProbeRequest {
  return { ask: 'file', path, content: true };
}
