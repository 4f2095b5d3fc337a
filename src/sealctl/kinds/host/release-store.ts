import type { ManifestEntry, ProbeRequest, HostFacts } from '../../host/probe/facts.ts';
import { probeKey } from '../../host/probe/facts.ts';
import type { HostLayout } from '../../host/layout.ts';
import type { ProgramSpec } from '../../spec/spec.ts';
import { adopted, forgetStep, removedField, unchanged } from '../core/file-difference.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { DiffContext, Difference, Resource, StepTemplate } from '../../model/kind.ts';
import { programName, programPath } from '../daemon/release.ts';

/** The programs a host must have, and how many replaced ones stay beside them. */
export interface ReleaseStore {
  readonly directory: string;
  readonly programs: readonly (ProgramSpec & { readonly release: string })[];
  /** Replaced releases that stay, newest first; one that still runs always stays. */
  readonly keep: number;
}

export function releaseStoreOf(
  host: string,
  layout: HostLayout,
  programs: ReleaseStore['programs'],
  keep: number,
): Resource<ReleaseStore> {
  const unique = new Map(programs.map((program) => [programPath(layout.releases, program), program]));
  return {
    kind: 'release-store',
    id: `${host}/releases`,
    host,
    desired: { directory: layout.releases, programs: [...unique.values()], keep },
    origins: {},
  };
}

export const releaseStore: ManagedKind<ReleaseStore, 'release-store'> = {
  name: 'release-store',
  after: [],
  desired: (owner) => {
    if (owner.of !== 'host') return [];
    const { host, layout, miner } = owner;
    const programs = host.workers.map(({ release }) => ({ ...release.worker, release: release.name }));
    if (miner !== undefined) programs.push({ ...miner.release.miner, release: miner.release.name });
    return [releaseStoreOf(host.name, layout, programs, host.keepReleases)];
  },
  probe: ({ desired }) => desired.programs.map((program) => programRequest(desired, program)),
  diff: (resource, context) => {
    const { desired } = resource;
    const missing = desired.programs.filter((program) => !isThere(desired, program, context.facts));
    const prunable = prune(desired, context);
    if (missing.length === 0 && prunable.length === 0 && context.owned !== undefined) return unchanged();
    return {
      action: context.owned === undefined ? 'create' : 'update',
      fields: [
        ...missing.map((program) => uploadField(desired, program, context.facts)),
        ...prunable.map((sha256) => pruneField(sha256, desired.keep)),
        ...(missing.length === 0 && prunable.length === 0 ? [adopted('every program is there')] : []),
      ],
      findings: [],
      steps: [
        ...(context.owned === undefined ? [recordStep(resource)] : []),
        ...missing.map(uploadStep),
        ...prunable.map((sha256) => removeStep(sha256)),
      ],
    };
  },
  probeOwned: () => [],
  remove: (entry, facts) => removeAll(entry, facts),
};

function programRequest({ directory }: ReleaseStore, program: ProgramSpec): ProbeRequest {
  return { ask: 'program', path: programPath(directory, program) };
}

function isThere(store: ReleaseStore, program: ProgramSpec, facts: HostFacts): boolean {
  return facts.files.get(probeKey(programRequest(store, program)))?.sha256 === program.sha256;
}

/**
 * Releases no daemon is to run, beyond the newest `keep` of them. They go last, when every daemon has been restarted with what it is
 * to run; one that a process runs all the same is refused by the operation itself.
 */
function prune({ programs, keep }: ReleaseStore, { facts }: DiffContext): string[] {
  const wanted = new Set(programs.map(({ sha256 }) => sha256));
  return facts.releases.filter((sha256) => !wanted.has(sha256)).slice(keep);
}

function uploadField(
  store: ReleaseStore,
  program: ReleaseStore['programs'][number],
  facts: HostFacts,
): FieldChange {
  const present = facts.files.get(probeKey(programRequest(store, program)));
  const damaged = present !== undefined && present.type !== 'absent';
  return {
    field: program.release,
    before: { show: 'value', value: damaged ? 'damaged' : null },
    after: { show: 'value', value: `${programName(program)} (${program.sha256.slice(0, 12)})` },
    class: 'live',
    cause: damaged ? 'drift' : 'change',
    reason: 'no daemon runs it before its link changes',
  };
}

function pruneField(sha256: string, keep: number): FieldChange {
  return removedField(sha256.slice(0, 12), `it was replaced; the last ${keep} replaced releases are kept`);
}

function recordStep({ id, kind, desired: { directory } }: Resource<ReleaseStore>): StepTemplate {
  const entry = { id, kind, path: directory, sha256: '-' };
  return {
    title: `record ${directory}`,
    phase: 'prepare',
    on: 'host',
    operation: { do: 'manifest', record: [entry], forget: [] },
  };
}

function uploadStep(program: ReleaseStore['programs'][number]): StepTemplate {
  return {
    title: `upload ${programName(program)} of ${program.release}`,
    phase: 'prepare',
    on: 'host',
    operation: {
      do: 'upload-program',
      source: program.file,
      sha256: program.sha256,
      program: programName(program),
    },
  };
}

function removeStep(sha256: string): StepTemplate {
  return {
    title: `remove release ${sha256.slice(0, 12)}`,
    phase: 'clean',
    on: 'host',
    operation: { do: 'remove-release', sha256 },
  };
}

function removeAll(entry: ManifestEntry, facts: HostFacts): Difference {
  return {
    action: 'delete',
    fields: [removedField(entry.path, 'no daemon is left on this host')],
    findings: [],
    steps: [...facts.releases.map(removeStep), forgetStep(entry)],
  };
}
