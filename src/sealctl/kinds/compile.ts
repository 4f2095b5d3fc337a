import type { Resource } from '../model/kind.ts';
import type { Spec } from '../spec/spec.ts';
import { ownersOn } from './core/owner.ts';
import { kinds } from './index.ts';

/**
 * What each host must have, by host in the order of the file; a host with nothing to run has nothing. Pure. The order of a host's
 * resources is the order in which their steps run within a phase: owner by owner, and of each owner kind by kind.
 */
export function compile(spec: Spec): ReadonlyMap<string, readonly Resource[]> {
  const all = [...kinds.values()];
  return new Map(
    spec.hosts.map((host) => {
      const resources: Resource[] = [];
      // Loops, because a large cluster calls a kind a hundred thousand times.
      for (const owner of ownersOn(host, spec)) {
        for (const kind of all) for (const resource of kind.desired(owner)) resources.push(resource);
      }
      return [host.name, resources];
    }),
  );
}
