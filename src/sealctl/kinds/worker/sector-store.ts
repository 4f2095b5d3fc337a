import { probeKey, type DirectoryFact, type ProbeRequest } from '../../host/probe/facts.ts';
import {
  formatSectorStore,
  newSectorStore,
  parseSectorStore,
  sectorStoreFile,
  type SectorStore,
} from '@sealctl/core/lotus/storage-files';
import { messageOf } from '@sealctl/core/problem/problem';
import type { StoragePathSpec } from '../../spec/spec.ts';
import { restartClass, serviceRequest, type Daemon } from '../daemon/daemon.ts';
import { compareFile, fileAt, fileRequest, type WantedFile } from '../core/file.ts';
import { removedField, unchanged, writeStep } from '../core/file-difference.ts';
import type { ChangeClass, FieldChange } from '../../model/field-change.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { DiffContext, Difference, Resource, StepTemplate } from '../../model/kind.ts';
import { newPathId } from './path-id.ts';
import {
  compared,
  filePath,
  indexedFields,
  wantedFields,
  type SectorStorePath,
} from './sector-store-fields.ts';
import { directoryProblem, foreignSectors, identityProblem, unreadable } from './sector-store-problems.ts';

/** A storage path of a worker. */
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

export const sectorStore: ManagedKind<SectorStorePath, 'sector-store'> = {
  name: 'sector-store',
  after: ['repo-directory'],
  desired: (owner) => {
    if (owner.of !== 'worker') return [];
    const { daemon, worker, spec } = owner;
    return worker.storage.map((storage) => sectorStoreOf(daemon, storage, spec.cluster));
  },
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
    fields: [removedField(pathOf(entry.path), 'it is detached; everything in it stays')],
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

function directoryRequest(path: string): ProbeRequest {
  return { ask: 'directory', path };
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
  const make: StepTemplate[] =
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
            ? 'a new path gets its permanent identity'
            : 'the file was deleted on the host; the path gets its old identity again',
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

/** The file is right: the miner's index must match it, and the manifest must list the path. */
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
  const seen = indexed === undefined || !attached ? undefined : indexedFields(indexed);
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

function redeclareStep({ desired: { storage } }: Resource<SectorStorePath>, storageId: string): StepTemplate {
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
): StepTemplate {
  const path = filePath(storage);
  const sha256 = fileAt(path, context).sha256 ?? '-';
  return {
    title: `record ${path}`,
    phase: 'configure',
    on: 'host',
    operation: { do: 'manifest', record: [{ id, kind, path, sha256, note: store.ID }], forget: [] },
  };
}
