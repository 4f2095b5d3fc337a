import {
  formatStorageList,
  parseStorageList,
  sectorStoreFile,
  storageListFile,
  type StorageList,
} from '@sealctl/core/lotus/storage-files';
import { messageOf, type Problem } from '@sealctl/core/problem/problem';
import type { WorkerSpec } from '../../spec/spec.ts';
import { processOf, restartClass, serviceRequest, type Daemon } from '../daemon/daemon.ts';
import { fileAt, fileRequest, ownedAt, type WantedFile } from '../core/file.ts';
import { adopted, leftInPlace, unchanged, writeStep } from '../core/file-difference.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { DiffContext, Difference, Resource, StepTemplate } from '../../model/kind.ts';

/** The storage paths a worker opens when it starts: `storage.json` in its repo. */
export interface WorkerStorage {
  readonly daemon: Daemon;
  readonly paths: readonly string[];
}

export function storageListOf(daemon: Daemon, worker: WorkerSpec): Resource<WorkerStorage> {
  return {
    kind: 'storage-list',
    id: `${daemon.id}/storage-list`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: { daemon, paths: worker.storage.map(({ path }) => path) },
    origins: worker.origins,
  };
}

export const storageList: ManagedKind<WorkerStorage, 'storage-list'> = {
  name: 'storage-list',
  after: ['sector-store'],
  desired: (owner) => (owner.of === 'worker' ? [storageListOf(owner.daemon, owner.worker)] : []),
  probe: ({ desired: { daemon } }) => [fileRequest(filePath(daemon)), serviceRequest(daemon)],
  diff: (resource, context) => {
    const { daemon, paths } = resource.desired;
    const owned = ownedAt(filePath(daemon), context);
    const present = fileAt(filePath(daemon), context);
    if (present.type === 'absent') return created(resource, context);
    if (present.type !== 'file' || present.content === undefined || present.sha256 === undefined) {
      return unchanged([broken(resource, present.error ?? `it is a ${present.type}`)]);
    }
    let list: StorageList;
    try {
      list = parseStorageList(present.content);
    } catch (thrown) {
      return unchanged([broken(resource, messageOf(thrown))]);
    }
    const listed = (list.StoragePaths ?? []).map(({ Path }) => Path);
    if (owned !== undefined && isSame(listed, paths) && runningFields(resource, context).length === 0)
      return unchanged();
    const ours = formerlyOurs(context);
    const superfluous = listed.filter((path) => !paths.includes(path) && ours.has(path));
    const foreign = listed.filter((path) => !paths.includes(path) && !ours.has(path));
    const twice = listed.filter((path, index) => listed.indexOf(path) !== index);
    const missing = paths.filter((path) => !listed.includes(path));
    const findings = foreign.map((path) => attachedByHand(resource, path));
    const fields = [
      ...missing.map((path) => pathField(resource, path, 'attach', context)),
      ...superfluous.map((path) => pathField(resource, path, 'detach', context)),
      ...(twice.length > 0 ? [twiceField(resource, twice, context)] : []),
      ...(missing.length > 0 || superfluous.length > 0 || twice.length > 0
        ? []
        : runningFields(resource, context)),
    ];
    if (fields.length === 0)
      return owned === undefined ? recorded(resource, present.sha256, findings) : unchanged(findings);
    const next = merged(list, superfluous, missing);
    const write = writeStep(wantedFile(resource, next), { sha256: present.sha256 }, { phase: 'stopped' });
    const running = processOf(daemon, context) !== undefined;
    return {
      action: 'update',
      fields,
      findings,
      // A running worker gets the change by RPC and writes the file itself; a stopped one reads the file at its next start.
      steps: running ? [...missing.map(attachStep), write] : [{ ...write, phase: 'configure' }],
    };
  },
  probeOwned: (entry) => [{ ask: 'file', path: entry.path, content: false }],
  remove: (entry) =>
    leftInPlace(
      entry,
      'left in the repo of the removed worker',
      'the repo of a removed worker stays where it is',
    ),
};

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((path, index) => path === others[index]);
}

function filePath({ repo }: Daemon): string {
  return `${repo}/${storageListFile}`;
}

function created(resource: Resource<WorkerStorage>, context: DiffContext): Difference {
  const { daemon, paths } = resource.desired;
  const wanted = wantedFile(resource, { StoragePaths: paths.map((Path) => ({ Path })) });
  const cause = ownedAt(filePath(daemon), context) === undefined ? 'change' : 'drift';
  const origin = resource.origins['storage'];
  return {
    action: 'create',
    fields: [
      {
        field: 'paths',
        before: { show: 'value', value: null },
        after: { show: 'value', value: paths },
        class: 'live',
        cause,
        reason: cause === 'drift' ? 'the file was deleted on the host' : 'the worker is new on this host',
        ...(origin === undefined ? {} : { origin }),
      },
    ],
    findings: [],
    steps: [temporaryStep(daemon), writeStep(wanted, { absent: true }, { phase: 'configure' })],
  };
}

/** The temporary directory in the repo. Lotus would create it with the rights of its first user. */
function temporaryStep({ repo, runAs }: Daemon): StepTemplate {
  return {
    title: `create ${repo}/tmp`,
    phase: 'prepare',
    on: 'host',
    operation: {
      do: 'ensure-directory',
      path: `${repo}/tmp`,
      mode: '0755',
      ...(runAs === undefined ? {} : { owner: runAs }),
    },
  };
}

/** Paths that cluster.yaml gave a worker of this host at some time: what it may also take away again. */
function formerlyOurs({ facts }: DiffContext): ReadonlySet<string> {
  return new Set(
    facts.manifest
      .filter(({ kind }) => kind === 'sector-store')
      .map(({ path }) => path.slice(0, -sectorStoreFile.length - 1)),
  );
}

/** The list with everything in it that is not ours, each path once. */
function merged(list: StorageList, superfluous: readonly string[], missing: readonly string[]): StorageList {
  const kept = (list.StoragePaths ?? []).filter(
    ({ Path }, index, all) =>
      !superfluous.includes(Path) && all.findIndex((other) => other.Path === Path) === index,
  );
  return { ...list, StoragePaths: [...kept, ...missing.map((Path) => ({ Path }))] };
}

function wantedFile(
  { id, kind, desired: { daemon } }: Resource<WorkerStorage>,
  list: StorageList,
): WantedFile {
  return {
    id,
    kind,
    path: filePath(daemon),
    content: [formatStorageList(list)],
    mode: '0644',
    ...(daemon.runAs === undefined ? {} : { owner: daemon.runAs }),
  };
}

function pathField(
  { desired: { daemon }, origins }: Resource<WorkerStorage>,
  path: string,
  act: 'attach' | 'detach',
  context: DiffContext,
): FieldChange {
  const running = processOf(daemon, context) !== undefined;
  const origin = origins['storage'];
  const value = (there: boolean) => ({ show: 'value', value: there ? 'attached' : null }) as const;
  const known = formerlyOurs(context).has(path);
  return {
    field: path,
    before: value(act === 'detach'),
    after: value(act === 'attach'),
    class: 'live',
    // A path that was given to the worker before and is missing now was detached by hand.
    cause: act === 'attach' && known && ownedAt(filePath(daemon), context) !== undefined ? 'drift' : 'change',
    reason: running ? 'the running worker is told by RPC' : 'the worker reads it when it starts',
    ...(origin === undefined ? {} : { origin }),
  };
}

function twiceField(
  resource: Resource<WorkerStorage>,
  twice: readonly string[],
  context: DiffContext,
): FieldChange {
  return {
    field: 'duplicates',
    before: { show: 'value', value: twice },
    after: { show: 'value', value: null },
    class: restartClass(resource.desired.daemon, context),
    cause: 'drift',
    reason:
      'a path listed twice keeps the worker from starting; only a stopped worker does not write the list itself',
  };
}

/** The file lists a path that the running worker does not have: it was attached or listed after the start, and only a start opens it. */
function runningFields(
  { desired: { daemon, paths } }: Resource<WorkerStorage>,
  context: DiffContext,
): FieldChange[] {
  const { worker } = context;
  if (worker === undefined || !('paths' in worker)) return [];
  const open = new Set(worker.paths.map(({ localPath }) => localPath));
  return paths
    .filter((path) => !open.has(path))
    .map((path) => ({
      field: path,
      before: { show: 'value', value: 'listed but not open' },
      after: { show: 'value', value: 'attached' },
      class: restartClass(daemon, context),
      cause: 'drift',
      reason: 'attaching the path by RPC would list it twice; the worker opens listed paths when it starts',
    }));
}

function recorded(
  resource: Resource<WorkerStorage>,
  sha256: string,
  findings: readonly Problem[],
): Difference {
  const { id, kind, desired } = resource;
  return {
    action: 'update',
    fields: [adopted('the list is as wanted')],
    findings,
    steps: [
      {
        title: `record ${filePath(desired.daemon)}`,
        phase: 'configure',
        on: 'host',
        operation: {
          do: 'manifest',
          record: [{ id, kind, path: filePath(desired.daemon), sha256 }],
          forget: [],
        },
      },
    ],
  };
}

function attachStep(path: string): StepTemplate {
  return { title: `attach ${path}`, phase: 'live', on: 'worker', operation: { do: 'attach', path } };
}

function attachedByHand({ host, desired: { daemon } }: Resource<WorkerStorage>, path: string): Problem {
  return {
    code: 'foreign-storage-path',
    severity: 'warning',
    summary: `${daemon.serviceName} also has storage path ${path}, which cluster.yaml does not list`,
    where: { in: 'host', host, path },
    why: 'somebody attached it by hand; sealctl leaves it alone',
    fix: 'add it to the storage of the worker in cluster.yaml, or detach it',
  };
}

function broken({ host, desired: { daemon } }: Resource<WorkerStorage>, why: string): Problem {
  return {
    code: 'storage-list-broken',
    severity: 'error',
    summary: `${filePath(daemon)} cannot be used`,
    where: { in: 'host', host, path: filePath(daemon) },
    why,
    fix: 'repair the file by hand, or move it away: sealctl then writes a new one with the paths of cluster.yaml',
  };
}
