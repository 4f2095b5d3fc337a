import { isOfKind } from '../../kinds/index.ts';
import type { HostFacts } from '../../host/probe/facts.ts';
import type { DaemonRef, Kind, Resource } from '../../model/kind.ts';
import type { HostSpec } from '../../spec/spec.ts';
import { observedService } from './diff-host.ts';
import { daemonName } from '../../model/plan.ts';
import type { DaemonState } from '../order/sequence.ts';

/**
 * The daemons a host has or should have, the miner first: workers register with it. `others` are daemons that only the host's manifest
 * remembers.
 */
export function daemonStates(
  host: HostSpec | undefined,
  resources: readonly Resource[],
  others: readonly (DaemonRef | undefined)[],
  facts: HostFacts,
  kinds: ReadonlyMap<string, Kind<unknown>>,
): DaemonState[] {
  const wantedNames = new Set(
    resources.flatMap(({ kind, daemon }) =>
      isOfKind({ kind }, 'service') && daemon !== undefined ? [daemonName(daemon)] : [],
    ),
  );
  const seen = new Map<string, DaemonState>();
  for (const daemon of [...resources.map((resource) => resource.daemon), ...others]) {
    if (daemon === undefined || seen.has(daemonName(daemon))) continue;
    const service = observedService(daemon, facts, resources, kinds);
    if (service === undefined) continue;
    seen.set(daemonName(daemon), {
      daemon,
      service: { manager: service.manager, name: service.name },
      running: service.running,
      wanted: wantedNames.has(daemonName(daemon)),
      worker:
        daemon.role === 'worker' ? host?.workers.find((worker) => worker.name === daemon.name) : undefined,
    });
  }
  return [...seen.values()].toSorted((a, b) => rank(a) - rank(b));
}

function rank(state: DaemonState): number {
  return state.daemon.role === 'miner' ? 0 : 1;
}
