import type { z } from 'zod';
import type { Draft, ReleaseDraft } from './draft.ts';
import { localFile, originOf, reportUnknown, valueRange, type Loading } from './loading.ts';
import type { SourceRange } from '@sealctl/core/problem/problem';
import { releaseManifest } from './schema/cluster.ts';
import { checkShape } from './shape.ts';
import { readSource } from './source/read-files.ts';
import { isPlainMap } from './source/plain.ts';
import type { HostSpec, MinerSpec, Origin, ProgramSpec } from './spec.ts';

/** The place of a program's file and digest: in the cluster file or in a manifest. */
export interface ProgramPlace {
  readonly file: SourceRange | undefined;
  readonly sha256: SourceRange | undefined;
}

/** A program of a release that a daemon uses. */
export interface UsedProgram {
  readonly release: string;
  readonly role: 'worker' | 'miner';
  readonly program: ProgramSpec;
  readonly place: ProgramPlace | undefined;
}

/** A release with its resolved programs. */
export interface Release {
  readonly name: string;
  readonly worker?: ProgramSpec;
  readonly miner?: ProgramSpec;
  /** The places of the programs, by role. */
  readonly places: Readonly<Partial<Record<'worker' | 'miner', ProgramPlace>>>;
  /** True when the release had an error because of which a program may be missing. */
  readonly damaged: boolean;
  readonly origin: Origin;
}

/** Reads every release of the file, with its manifest; returns them by name. */
export function readReleases(loading: Loading): ReadonlyMap<string, Release> {
  const drafts = loading.draft.releases ?? {};
  const releases = new Map<string, Release>();
  for (const [name, draft] of Object.entries(drafts)) {
    if (draft === undefined) continue;
    const programs =
      draft.manifest === undefined ? draft : readManifest(loading, name, draft, draft.manifest);
    const worker = readProgram(loading, programs?.worker);
    const miner = readProgram(loading, programs?.miner);
    releases.set(name, {
      name,
      ...(worker && { worker }),
      ...(miner && { miner }),
      places: {
        ...(worker && { worker: placeOf(loading, programs?.worker) }),
        ...(miner && { miner: placeOf(loading, programs?.miner) }),
      },
      damaged: isDamaged(loading, draft) || (draft.manifest !== undefined && programs === undefined),
      origin: originOf(loading, 'cluster', 'releases', drafts, name),
    });
  }
  return releases;
}

/** Returns the program of a release for a daemon; reports an unknown release or program. For `either` it checks only the name. */
export function programOf(
  loading: Loading,
  releases: ReadonlyMap<string, Release>,
  wanted: {
    readonly release: string;
    readonly role: 'worker' | 'miner' | 'either';
    readonly range: SourceRange | undefined;
  },
): ProgramSpec | undefined {
  const { role, range } = wanted;
  const release = releases.get(wanted.release);
  if (release === undefined) {
    reportUnknown(loading, { what: 'release', name: wanted.release, known: [...releases.keys()], range });
    return undefined;
  }
  if (role === 'either') return undefined;
  if (release[role] === undefined && !release.damaged) {
    loading.report.add({
      code: 'release-without-program',
      summary: `the release "${wanted.release}" has no ${role} program`,
      range,
      fix: `add "${role}: {file: ..., sha256: ...}" to it, or name another release`,
    });
  }
  return release[role];
}

/** Reads the programs of a manifest; problems in it have places in the manifest. */
function readManifest(
  loading: Loading,
  name: string,
  release: ReleaseDraft,
  manifest: string,
): Draft<z.input<typeof releaseManifest>> | undefined {
  const range = valueRange(loading, release, 'manifest');
  for (const role of ['worker', 'miner'] as const) {
    if (release[role] === undefined) continue;
    loading.report.add({
      code: 'release-both',
      summary: `the release "${name}" has a manifest and a ${role} of its own`,
      range: loading.marks.keyRange(release, role),
      fix: 'keep one of the two',
    });
  }
  const read = readSource(localFile(loading, release, 'manifest', manifest), loading);
  if ('unreadable' in read) {
    loading.report.add({
      code: 'manifest-unreadable',
      summary: `the manifest of the release "${name}" cannot be read: ${read.unreadable}`,
      range,
      why: 'a build writes it, with the program files and their digests',
      fix: 'build first (npm run build), or name the program files with their sha256 here',
    });
    return undefined;
  }
  if (!isPlainMap(read.data)) {
    loading.report.add({
      code: 'not-a-map',
      summary: `the manifest of the release "${name}" does not hold a map`,
      range,
      fix: 'it should have the keys worker and miner, each with file and sha256',
    });
    return undefined;
  }
  if (checkShape(read.data, releaseManifest, loading).size > 0) loading.damaged.add(release);
  return read.data;
}

function readProgram(
  loading: Loading,
  program: NonNullable<ReleaseDraft['worker']> | undefined,
): ProgramSpec | undefined {
  if (program?.file === undefined || program.sha256 === undefined) return undefined;
  return {
    file: localFile(loading, program, 'file', program.file),
    sha256: program.sha256.toLowerCase(),
    requiresCpu: (program.requires?.cpu ?? []).filter((flag) => flag !== undefined),
  };
}

function placeOf(loading: Loading, program: object | undefined): ProgramPlace {
  const at = (key: string) => (program === undefined ? undefined : valueRange(loading, program, key));
  return { file: at('file'), sha256: at('sha256') };
}

/** The programs that daemons use, once each, as far as they could be resolved. */
export function usedPrograms(
  releases: ReadonlyMap<string, Release>,
  hosts: readonly HostSpec[],
  miner: MinerSpec,
): UsedProgram[] {
  const names = {
    worker: new Set(hosts.flatMap(({ workers }) => workers.map(({ release }) => release.name))),
    miner: new Set(miner.release === undefined ? [] : [miner.release.name]),
  };
  return [...releases.values()].flatMap((release) =>
    (['miner', 'worker'] as const).flatMap((role) => {
      const program = release[role];
      if (program === undefined || !names[role].has(release.name)) return [];
      return [{ release: release.name, role, program, place: release.places[role] }];
    }),
  );
}

function isDamaged(loading: Loading, release: ReleaseDraft): boolean {
  return [release, release.worker, release.miner].some(
    (part) => part !== undefined && loading.damaged.has(part),
  );
}
