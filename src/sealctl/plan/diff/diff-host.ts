import { isOfKind } from '../../kinds/index.ts';
import { probeKey, type HostFacts, type ManifestEntry, type ServiceManager } from '../../host/probe/facts.ts';
import type { DaemonRef, Difference, DiffContext, Kind, Resource } from '../../model/kind.ts';
import type { Observed, ObservedHost } from '../../model/observed.ts';
import { fail } from '@sealctl/core/problem/problem';
import type { SecretValues } from '@sealctl/core/secret/secret';
import type { Origins } from '../../spec/spec.ts';

/** A reachable host and what it should have. */
export interface HostInput {
  readonly host: string;
  readonly resources: readonly Resource[];
  readonly observed: Extract<ObservedHost, { reachable: true }>;
  readonly miner: Observed['miner'];
  readonly secrets: SecretValues;
}

/** The difference of one resource on a host, wanted or owned. */
export interface ResourceDifference {
  readonly id: string;
  readonly kind: string;
  readonly daemon: DaemonRef | undefined;
  readonly difference: Difference;
  readonly origins: Origins;
}

/** Compares everything a host should have with what it has, and everything it owns with what it should. */
export function diffHost(input: HostInput, kinds: ReadonlyMap<string, Kind<unknown>>): ResourceDifference[] {
  const { facts } = input.observed;
  const owned = ownedEntries(input.resources, facts.manifest);
  const unknown = unknownEntries(input.resources, facts.manifest, owned);
  const renamed = renamedEntries(input.host, unknown, input.resources, owned);
  const wanted = input.resources.map((resource, index) => {
    const entry = owned[index] ?? renamed.find(({ id }) => id === resource.id)?.entry;
    return {
      id: resource.id,
      kind: resource.kind,
      daemon: resource.daemon,
      difference: kindOf(kinds, resource.kind).diff(resource, contextOf(input, resource, entry)),
      origins: resource.origins,
    };
  });
  const old = new Set(renamed.map(({ entry }) => entry.id));
  const removed = unknown
    .filter((entry) => !old.has(entry.id))
    .map((entry) => ({
      id: entry.id,
      kind: entry.kind,
      daemon: daemonOfId(entry.id),
      difference: kindOf(kinds, entry.kind).remove(entry, facts),
      origins: {},
    }));
  return [...renamed.map(renaming), ...wanted, ...removed];
}

/**
 * The manifest's entry of each resource. Most entries were written in the order of the resources, so each search goes on where the last
 * one ended: for the thousands of hosts of a large plan that costs less than an index of each.
 */
function ownedEntries(
  resources: readonly Resource[],
  manifest: readonly ManifestEntry[],
): readonly (ManifestEntry | undefined)[] {
  let next = 0;
  return resources.map(({ id }) => {
    for (let step = 0; step < manifest.length; step += 1) {
      const at = (next + step) % manifest.length;
      const entry = manifest[at];
      if (entry?.id !== id) continue;
      next = at + 1;
      return entry;
    }
    return undefined;
  });
}

/** Entries that are no wanted resource's. On most hosts there is none, and counting shows it. */
function unknownEntries(
  resources: readonly Resource[],
  manifest: readonly ManifestEntry[],
  owned: readonly (ManifestEntry | undefined)[],
): readonly ManifestEntry[] {
  let known = 0;
  for (const entry of owned) if (entry !== undefined) known += 1;
  if (known === manifest.length) return [];
  const wanted = new Set(resources.map((resource) => resource.id));
  return manifest.filter((entry) => !wanted.has(entry.id));
}

interface RenamedEntry {
  readonly entry: ManifestEntry;
  /** Its id under the name that the host has now. */
  readonly id: string;
}

/** Entries written when cluster.yaml called this machine something else: the same things, under other ids. */
function renamedEntries(
  host: string,
  unknown: readonly ManifestEntry[],
  resources: readonly Resource[],
  owned: readonly (ManifestEntry | undefined)[],
): RenamedEntry[] {
  if (unknown.length === 0) return [];
  const missing = new Set(resources.flatMap(({ id }, index) => (owned[index] === undefined ? [id] : [])));
  return unknown.flatMap((entry) => {
    const id = `${host}${entry.id.slice(entry.id.indexOf('/'))}`;
    return missing.has(id) ? [{ entry, id }] : [];
  });
}

function renaming({ entry, id }: RenamedEntry): ResourceDifference {
  return {
    id,
    kind: entry.kind,
    daemon: daemonOfId(id),
    origins: {},
    difference: {
      action: 'update',
      fields: [
        {
          field: 'id',
          before: { show: 'value', value: entry.id },
          after: { show: 'value', value: id },
          class: 'live',
          cause: 'change',
          reason: 'the host was renamed in cluster.yaml',
        },
      ],
      findings: [],
      steps: [
        {
          title: `record ${entry.path} under its new name`,
          phase: 'prepare',
          on: 'host',
          operation: { do: 'manifest', record: [{ ...entry, id }], forget: [entry.id] },
        },
      ],
    },
  };
}

/** The daemon that an id such as `host-3/worker/pc1/env` or `host-1/miner/config` belongs to. */
export function daemonOfId(id: string): DaemonRef | undefined {
  const [, role, name] = id.split('/');
  if (role === 'miner') return { role };
  if (role === 'worker' && name !== undefined) return { role, name };
  return undefined;
}

/** The service of a daemon as it was found, whether cluster.yaml still wants it or the manifest alone remembers it. */
export function observedService(
  daemon: DaemonRef,
  facts: HostFacts,
  resources: readonly Resource[],
  kinds: ReadonlyMap<string, Kind<unknown>>,
): { readonly manager: ServiceManager; readonly name: string; readonly running: boolean } | undefined {
  const isIts = (other: DaemonRef | undefined) => other !== undefined && sameDaemon(other, daemon);
  const resource = resources.find((candidate) => isOfKind(candidate, 'service') && isIts(candidate.daemon));
  const entry = facts.manifest.find(
    (candidate) => isOfKind(candidate, 'service') && isIts(daemonOfId(candidate.id)),
  );
  const requests =
    resource !== undefined
      ? kindOf(kinds, 'service').probe(resource)
      : entry !== undefined
        ? kindOf(kinds, 'service').probeOwned(entry)
        : [];
  const request = requests.find((candidate) => candidate.ask === 'service');
  if (request === undefined) return undefined;
  return {
    manager: request.manager,
    name: request.name,
    running: facts.services.get(probeKey(request))?.process !== undefined,
  };
}

/** True when two references name the same daemon of a host. */
export function sameDaemon(a: DaemonRef, b: DaemonRef): boolean {
  return a.role === 'miner' ? b.role === 'miner' : b.role === 'worker' && a.name === b.name;
}

function contextOf(input: HostInput, resource: Resource, owned: ManifestEntry | undefined): DiffContext {
  const { daemon } = resource;
  const worker = daemon?.role === 'worker' ? input.observed.workers.get(daemon.name) : undefined;
  return {
    facts: input.observed.facts,
    miner: input.miner,
    secrets: input.secrets,
    owned,
    ...(worker === undefined ? {} : { worker }),
  };
}

function kindOf(kinds: ReadonlyMap<string, Kind<unknown>>, name: string): Kind<unknown> {
  const kind = kinds.get(name);
  if (kind !== undefined) return kind;
  throw fail({
    code: 'unknown-kind',
    summary: `the host's manifest lists a resource of the unknown kind ${name}`,
    why: 'a newer sealctl manages this host',
    fix: 'use that version of sealctl, or a newer one',
  });
}
