import { probeKey, type DirectoryFact, type ProbeRequest } from '../host/facts.ts';
import {
  formatSectorStore,
  newSectorStore,
  parseSectorStore,
  sectorStoreFile,
  type SectorStore,
} from '../lotus/storage-files.ts';
import { messageOf, type Problem } from '../problem/problem.ts';
import type { StoragePathSpec } from '../spec/spec.ts';
import { restartClass, serviceRequest, type Daemon } from './daemon.ts';
import { compareFile, fileAt, fileRequest, gone, unchanged, writeStep, type WantedFile } from './file.ts';
import type { ChangeClass, DiffContext, Difference, FieldChange, Kind, Resource, StepSeed } from './kind.ts';
import { newPathId } from './path-id.ts';

/** A storage path: its directory and the `sectorstore.json` that gives it an identity and says what may lie there. */
export interface SectorStorePath {
  readonly daemon: Daemon;
  readonly storage: StoragePathSpec;
  readonly cluster: string;
}

export function sectorStoreOf(
  daemon: Daemon,
  storage: StoragePathSpec,
  cluster: string,
): Resource<SectorStorePath> {
  return {
    kind: 'sector-store',
    id: `${daemon.id}/storage${storage.path}`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: { daemon, storage, cluster },
    origins: storage.origins,
  };
}

export const sectorStore: Kind<SectorStorePath> = {
  name: 'sector-store',
  probe: ({ desired: { daemon, storage } }) => [
    directoryRequest(storage.path),
    fileRequest(filePath(storage)),
    serviceRequest(daemon),
  ],
  diff: (resource, context) => {
    const { storage } = resource.desired;
    const directory = context.facts.directories.get(probeKey(directoryRequest(storage.path)));
    const problem = directoryProblem(resource, directory);
    if (problem !== undefined) return unchanged([problem]);
    const present = fileAt(filePath(storage), context);
    if (present.type === 'absent') return created(resource, directory, context);
    if (present.type !== 'file' || present.content === undefined) {
      return unchanged([unreadable(resource, present.error ?? `it is a ${present.type}`)]);
    }
    let store: SectorStore;
    try {
      store = parseSectorStore(present.content);
    } catch (thrown) {
      return unchanged([unreadable(resource, messageOf(thrown))]);
    }
    const identity = identityProblem(resource, store, context);
    return identity === undefined ? changed(resource, store, context) : unchanged([identity]);
  },
  probeOwned: (entry) => [{ ask: 'file', path: entry.path, content: false }],
  remove: (entry) => ({
    action: 'delete',
    fields: [gone(pathOf(entry.path), 'it is detached; everything in it stays')],
    findings: [],
    steps: [
      {
        title: `detach ${pathOf(entry.path)}`,
        phase: 'live',
        on: 'worker',
        operation: { do: 'detach', path: pathOf(entry.path) },
      },
      {
        title: `forget ${pathOf(entry.path)}`,
        phase: 'clean',
        on: 'host',
        operation: { do: 'manifest', record: [], forget: [entry.id] },
      },
    ],
  }),
};

/** Fields of cluster.yaml as `sectorstore.json` calls them, in its order. */
function wantedFields({ storage }: SectorStorePath): Omit<SectorStore, 'ID' | 'unknown'> {
  return {
    Weight: storage.weight,
    CanSeal: storage.canSeal,
    CanStore: storage.canStore,
    MaxStorage: storage.maxStorageBytes,
    Groups: listOf(storage.groups),
    AllowTo: listOf(storage.allowTo),
    AllowTypes: listOf(storage.allowTypes),
    DenyTypes: listOf(storage.denyTypes),
    AllowMiners: listOf(storage.allowMiners),
    DenyMiners: listOf(storage.denyMiners),
  };
}

const originKeys: Readonly<Record<keyof ReturnType<typeof wantedFields>, string>> = {
  Weight: 'weight',
  CanSeal: 'use',
  CanStore: 'use',
  MaxStorage: 'maxStorage',
  Groups: 'groups',
  AllowTo: 'allowTo',
  AllowTypes: 'allowTypes',
  DenyTypes: 'denyTypes',
  AllowMiners: 'allowMiners',
  DenyMiners: 'denyMiners',
};

function listOf(list: readonly string[]): readonly string[] | null {
  return list.length === 0 ? null : list;
}

function directoryRequest(path: string): ProbeRequest {
  return { ask: 'directory', path };
}

function filePath({ path }: StoragePathSpec): string {
  return `${path.replace(/\/+$/, '')}/${sectorStoreFile}`;
}

function pathOf(file: string): string {
  return file.slice(0, -sectorStoreFile.length - 1);
}

function created(
  resource: Resource<SectorStorePath>,
  directory: DirectoryFact | undefined,
  context: DiffContext,
): Difference {
  const { daemon, storage, cluster } = resource.desired;
  const { owned } = context;
  const holdsSectors = (directory?.sectorDirectories.length ?? 0) > 0;
  if (owned === undefined && holdsSectors) return unchanged([foreignSectors(resource, directory)]);
  const id = owned?.note ?? newPathId(cluster, daemon.host, storage.path);
  const store: SectorStore = { ID: id, ...newSectorStore, ...wantedFields(resource.desired) };
  const make: StepSeed[] =
    directory === undefined || directory.type === 'absent'
      ? [
          {
            title: `create ${storage.path}`,
            phase: 'prepare',
            on: 'host',
            operation: {
              do: 'ensure-directory',
              path: storage.path,
              mode: '0755',
              ...(daemon.runAs === undefined ? {} : { owner: daemon.runAs }),
            },
          },
        ]
      : [];
  return {
    action: 'create',
    fields: [
      {
        field: 'ID',
        before: { show: 'value', value: null },
        after: { show: 'value', value: id },
        class: 'live',
        cause: owned === undefined ? 'change' : 'drift',
        reason:
          owned === undefined
            ? 'a new path gets its identity, for ever'
            : 'the file was deleted on the host; the path gets its old identity back',
      },
      ...compared(resource, undefined, 'change', () => 'live'),
    ],
    findings: [],
    // Before storage.json can name it: a daemon refuses to start on a path without this file.
    steps: [
      ...make,
      writeStep(wantedFile(resource, store), { absent: true }, { phase: 'prepare', note: id }),
    ],
  };
}

function changed(resource: Resource<SectorStorePath>, store: SectorStore, context: DiffContext): Difference {
  if (compared(resource, store, 'change', () => 'live').length === 0) {
    return indexDifference(resource, store, context);
  }
  const next: SectorStore = { ...store, ...wantedFields(resource.desired) };
  const wanted = wantedFile(resource, next);
  const found = compareFile(wanted, context, { merged: true });
  const sha256 = fileAt(wanted.path, context).sha256;
  if (sha256 === undefined) return unchanged();
  const cause = found.state === 'differs' && found.cause !== 'both' ? found.cause : 'change';
  const restart = restartClass(resource.desired.daemon, context);
  const classOf = (field: string): ChangeClass => (field === 'MaxStorage' ? restart : 'redeclare');
  return {
    action: 'update',
    fields: compared(resource, store, cause, classOf),
    findings: [],
    steps: [
      writeStep(wanted, { sha256 }, { phase: 'configure', note: store.ID }),
      redeclareStep(resource, store.ID),
    ],
  };
}

/** The file is right: what the miner's index says must be the same, and the manifest must know the path. */
function indexDifference(
  resource: Resource<SectorStorePath>,
  store: SectorStore,
  context: DiffContext,
): Difference {
  const record = context.owned?.note === store.ID ? [] : [recordStep(resource, store, context)];
  const indexed = 'paths' in context.miner ? context.miner.paths.get(store.ID) : undefined;
  const attached =
    context.worker !== undefined &&
    'paths' in context.worker &&
    context.worker.paths.some(({ id }) => id === store.ID);
  const seen: Partial<SectorStore> | undefined =
    indexed === undefined || !attached
      ? undefined
      : {
          Weight: indexed.weight,
          CanSeal: indexed.canSeal,
          CanStore: indexed.canStore,
          MaxStorage: indexed.maxStorageBytes,
          Groups: listOf(indexed.groups),
          AllowTo: listOf(indexed.allowTo),
          AllowTypes: listOf(indexed.allowTypes),
          DenyTypes: listOf(indexed.denyTypes),
          AllowMiners: listOf(indexed.allowMiners),
          DenyMiners: listOf(indexed.denyMiners),
        };
  const fields = seen === undefined ? [] : compared(resource, seen, 'drift', () => 'redeclare');
  if (fields.length > 0) {
    return { action: 'update', fields, findings: [], steps: [...record, redeclareStep(resource, store.ID)] };
  }
  if (record.length === 0) return unchanged();
  const adopted: FieldChange = {
    field: 'ID',
    before: { show: 'value', value: 'not recorded as managed' },
    after: { show: 'value', value: store.ID },
    class: 'live',
    cause: 'change',
    reason: 'the path was there before; it keeps its identity and everything in it',
  };
  return { action: 'update', fields: [adopted], findings: [], steps: record };
}

function compared(
  { desired, origins }: Resource<SectorStorePath>,
  before: Partial<SectorStore> | undefined,
  cause: FieldChange['cause'],
  classOf: (field: string) => ChangeClass,
): FieldChange[] {
  const after = wantedFields(desired);
  return (Object.keys(after) as (keyof typeof after)[]).flatMap((field): FieldChange[] => {
    const found = before?.[field] ?? null;
    // To Lotus an empty list and none are the same.
    const was = Array.isArray(found) && found.length === 0 ? null : found;
    const now = after[field];
    if (isSame(was, now)) return [];
    const changeClass = classOf(field);
    const origin = origins[originKeys[field]];
    return [
      {
        field,
        before: { show: 'value', value: was },
        after: { show: 'value', value: now },
        class: changeClass,
        cause,
        reason:
          before === undefined
            ? 'a new path'
            : reasons[changeClass === 'redeclare' ? 'redeclare' : 'restart'],
        ...(origin === undefined ? {} : { origin }),
      },
    ];
  });
}

function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

const reasons = {
  redeclare: 'the running worker reads the file again when the path is redeclared',
  restart: 'the running worker keeps the limit it read when the path was attached',
} as const;

function wantedFile(
  { id, kind, desired: { daemon, storage } }: Resource<SectorStorePath>,
  store: SectorStore,
): WantedFile {
  return {
    id,
    kind,
    path: filePath(storage),
    content: [formatSectorStore(store)],
    mode: '0644',
    ...(daemon.runAs === undefined ? {} : { owner: daemon.runAs }),
  };
}

function redeclareStep({ desired: { storage } }: Resource<SectorStorePath>, storageId: string): StepSeed {
  return {
    title: `redeclare ${storage.path}`,
    phase: 'live',
    on: 'worker',
    operation: { do: 'redeclare', storageId },
  };
}

function recordStep(
  { id, kind, desired: { storage } }: Resource<SectorStorePath>,
  store: SectorStore,
  context: DiffContext,
): StepSeed {
  const path = filePath(storage);
  const sha256 = fileAt(path, context).sha256 ?? '-';
  return {
    title: `record ${path}`,
    phase: 'configure',
    on: 'host',
    operation: { do: 'manifest', record: [{ id, kind, path, sha256, note: store.ID }], forget: [] },
  };
}

function directoryProblem(
  { host, desired: { storage } }: Resource<SectorStorePath>,
  directory: DirectoryFact | undefined,
): Problem | undefined {
  const where = { in: 'host', host, path: storage.path } as const;
  if (directory?.error !== undefined) {
    return {
      code: 'storage-unreadable',
      severity: 'error',
      summary: `storage path ${storage.path} cannot be read`,
      where,
      why: directory.error,
      fix: 'repair the file system or its mount; sealctl creates nothing meanwhile',
    };
  }
  if (directory !== undefined && directory.type !== 'directory' && directory.type !== 'absent') {
    return {
      code: 'storage-not-a-directory',
      severity: 'error',
      summary: `storage path ${storage.path} is no directory`,
      where,
      why: `there is a ${directory.type === 'link' ? 'symbolic link that leads nowhere' : directory.type}`,
      fix: 'move it away, or correct the path in cluster.yaml',
    };
  }
  if (storage.mount && directory?.mountPoint !== true) {
    return {
      code: 'mount-missing',
      severity: 'error',
      summary: `nothing is mounted at ${storage.path}`,
      where,
      why: 'cluster.yaml says `mount: true`: a directory in its place would fill the disk below it and hide the sectors',
      fix: `mount the disk on the host, then plan again`,
    };
  }
  return undefined;
}

function identityProblem(
  { host, desired: { storage } }: Resource<SectorStorePath>,
  store: SectorStore,
  { owned }: DiffContext,
): Problem | undefined {
  const where = { in: 'host', host, path: filePath(storage) } as const;
  if (store.ID === '') {
    return {
      code: 'storage-id-missing',
      severity: 'error',
      summary: `${filePath(storage)} has no ID`,
      where,
      why: 'the ID is what the miner knows the path by',
      fix: owned?.note === undefined ? 'put the ID back from a backup' : `put its ID back: ${owned.note}`,
    };
  }
  if (owned?.note === undefined || owned.note === store.ID) return undefined;
  return {
    code: 'storage-id-changed',
    severity: 'error',
    summary: `the ID of storage path ${storage.path} was changed on the host`,
    where,
    why: `it was ${owned.note} and is ${store.ID} now; sectors are found by this ID, so sealctl takes neither for granted`,
    fix: `put ${owned.note} back into the file; if another disk is mounted there on purpose, remove the path from cluster.yaml, apply, and add it again`,
  };
}

function foreignSectors(
  { host, desired: { storage } }: Resource<SectorStorePath>,
  directory: DirectoryFact | undefined,
): Problem {
  return {
    code: 'storage-foreign-data',
    severity: 'error',
    summary: `${storage.path} holds sector directories but no ${sectorStoreFile}`,
    where: { in: 'host', host, path: storage.path },
    why: `it has ${(directory?.sectorDirectories ?? []).join(', ')}: it was a storage path, and a new identity would orphan its sectors`,
    fix: `put its ${sectorStoreFile} back from a backup; if the data is not needed, move it away`,
  };
}

function unreadable({ host, desired: { storage } }: Resource<SectorStorePath>, why: string): Problem {
  return {
    code: 'storage-file-broken',
    severity: 'error',
    summary: `${filePath(storage)} cannot be used`,
    where: { in: 'host', host, path: filePath(storage) },
    why,
    fix: 'repair the file by hand; sealctl does not replace it, because its ID is the identity of every sector there',
  };
}
