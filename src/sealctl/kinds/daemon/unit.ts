import type { WriteFile } from '../../host/operations/operation.ts';
import type { TaskCode } from '@sealctl/core/lotus/task-type';
import type { MinerSpec, Spec, WorkerSpec, OriginKey } from '../../spec/spec.ts';
import { restartClass, serviceFact, serviceRequest, type Daemon } from './daemon.ts';
import { compareFile, fileRequest, type WantedFile } from '../core/file.ts';
import {
  accessChange,
  adopt,
  foreignFile,
  leaveOldPath,
  removeOwnedFile,
  writeStep,
} from '../core/file-difference.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { DiffContext, Difference, Resource, StepPhase, StepTemplate } from '../../model/kind.ts';
import { processLimitFindings, runningChanges } from './process-limits.ts';
import { isAppliedLive, settingsOfUnit, tasksOfUnit, unitText, type ServiceDefinition } from './unit-text.ts';
import { restartReason, workerArguments } from '../worker/worker-command.ts';

/** The definition of a daemon's service: a systemd unit, or the file that the supervisor reads. */
export interface Unit {
  readonly daemon: Daemon;
  readonly definition: ServiceDefinition;
  /** The source of the arguments. Tasks may differ from those of a file on the host, the rest may not. */
  readonly command:
    | { readonly of: 'worker'; readonly worker: Pick<WorkerSpec, 'listen' | 'label' | 'args'> }
    | { readonly of: 'miner'; readonly args: readonly string[] };
}

/** Seconds a worker may take to end after SIGTERM; it is idle by then. */
const workerStopTimeoutS = 90;
/** The miner writes down every sector before it ends. */
const minerStopTimeoutS = 180;

/** The unit of a worker. */
export function workerUnit(daemon: Daemon, worker: WorkerSpec, spec: Spec): Resource<Unit> {
  const { listen, label, args } = worker;
  return {
    kind: 'unit',
    id: `${daemon.id}/unit`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: {
      daemon,
      definition: {
        description: `sealing worker ${worker.name} of ${spec.cluster}`,
        tasks: worker.tasks,
        nofile: worker.ulimits.nofile,
        ...(worker.cpus === undefined ? {} : { cpus: worker.cpus }),
        ...(worker.memoryBytes === undefined ? {} : { memoryBytes: worker.memoryBytes }),
        ...(worker.gpus === undefined ? {} : { gpus: worker.gpus }),
        mounts: worker.storage.filter(({ mount }) => mount).map(({ path }) => path),
        stopTimeoutS: workerStopTimeoutS,
      },
      command: { of: 'worker', worker: { listen, label, args } },
    },
    origins: worker.origins,
  };
}

/** The unit of the miner. */
export function minerUnit(daemon: Daemon, miner: MinerSpec, spec: Spec): Resource<Unit> {
  return {
    kind: 'unit',
    id: `${daemon.id}/unit`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: {
      daemon,
      definition: {
        description: `miner of ${spec.cluster}`,
        tasks: [],
        nofile: miner.ulimits.nofile,
        mounts: [],
        stopTimeoutS: minerStopTimeoutS,
      },
      command: { of: 'miner', args: miner.args },
    },
    origins: miner.origins,
  };
}

export const unit: ManagedKind<Unit, 'unit'> = {
  name: 'unit',
  after: ['environment', 'storage-list', 'miner-repo'],
  desired: (owner) => {
    switch (owner.of) {
      case 'host':
        return [];
      case 'miner':
        return [minerUnit(owner.daemon, owner.miner, owner.spec)];
      case 'worker':
        return [workerUnit(owner.daemon, owner.worker, owner.spec)];
    }
  },
  probe: ({ desired: { daemon } }) => [fileRequest(daemon.unitFile), serviceRequest(daemon)],
  diff: (resource, context) => {
    const difference = unitDifference(resource, context);
    const findings = processLimitFindings(resource.desired.daemon, resource.desired.definition, context);
    return findings.length === 0
      ? difference
      : { ...difference, findings: [...difference.findings, ...findings] };
  },
  probeOwned: (entry) => [{ ask: 'file', path: entry.path, content: false }],
  remove: (entry) => {
    const removal = removeOwnedFile(entry, 'the daemon was removed from cluster.yaml');
    const reload = entry.note === 'systemd' ? reloadStep(entry.path, 'clean') : clearStep(entry.path);
    return { ...removal, steps: [...removal.steps, reload] };
  },
};

function unitDifference(resource: Resource<Unit>, context: DiffContext): Difference {
  const { daemon, definition } = resource.desired;
  const wanted = wantedFile(resource);
  const found = compareFile(wanted, context);
  const note = daemon.services;
  switch (found.state) {
    case 'foreign':
      return foreignFile(wanted, found.why, resource.host);
    case 'unrecorded':
      return adopt(wanted, found.sha256, note);
    case 'mode':
      return accessChange(wanted, found, note);
    case 'same': {
      const loaded = loadedChanges(daemon, context);
      const fields = [...loaded, ...runningChanges(daemon, definition, resource.origins, context)];
      const steps = loaded.length > 0 ? [reloadStep(daemon.serviceName, 'configure')] : [];
      return { action: fields.length > 0 ? 'update' : 'none', fields, findings: [], steps };
    }
    case 'absent':
      return written(
        'create',
        [createdField(wanted, found.cause)],
        wanted,
        { absent: true },
        daemon,
        context,
      );
    case 'differs': {
      const fields = changedFields(resource, found.content, found.cause, context);
      return written('update', fields, wanted, { sha256: found.sha256 }, daemon, context);
    }
  }
}

function wantedFile(resource: Resource<Unit>): WantedFile {
  const { id, kind, desired } = resource;
  const { daemon, definition } = desired;
  return {
    id,
    kind,
    path: daemon.unitFile,
    content: [textFor(resource, definition.tasks)],
    mode: daemon.services === 'systemd' ? '0644' : '0600',
  };
}

function written(
  action: 'create' | 'update',
  fields: readonly FieldChange[],
  wanted: WantedFile,
  replaces: WriteFile['replaces'],
  daemon: Daemon,
  context: DiffContext,
): Difference {
  const write = writeStep(wanted, replaces, { phase: 'configure', note: daemon.services });
  const old = leaveOldPath(wanted.path, context);
  const reload = daemon.services === 'systemd' ? [reloadStep(daemon.serviceName, 'configure')] : [];
  return { action, fields, findings: [], steps: [...old, write, ...reload] };
}

function reloadStep(serviceName: string, phase: StepPhase): StepTemplate {
  return {
    title: 'reload the systemd units',
    phase,
    on: 'host',
    operation: { do: 'service', manager: 'systemd', name: serviceName, verb: 'reload' },
  };
}

/** The supervisor's log and state go with the definition that they are about. */
function clearStep(unitFile: string): StepTemplate {
  const name = unitFile.split('/').at(-2) ?? '';
  return {
    title: `remove the supervisor's files of ${name}`,
    phase: 'clean',
    on: 'host',
    operation: { do: 'service', manager: 'supervisor', name, verb: 'reload' },
  };
}

function createdField(wanted: WantedFile, cause: FieldChange['cause']): FieldChange {
  return {
    field: '',
    before: { show: 'value', value: null },
    after: { show: 'value', value: wanted.path },
    class: 'live',
    cause,
    reason: cause === 'drift' ? 'it was deleted on the host' : 'the daemon is new on this host',
  };
}

function loadedChanges(daemon: Daemon, context: DiffContext): FieldChange[] {
  if (serviceFact(daemon, context)?.needsReload !== true) return [];
  return [
    {
      field: 'loaded',
      before: { show: 'value', value: 'an older version of the file' },
      after: { show: 'value', value: 'the file' },
      class: 'live',
      cause: 'drift',
      reason: 'systemd has not read the file since it was written',
    },
  ];
}

function changedFields(
  resource: Resource<Unit>,
  content: string,
  cause: FieldChange['cause'] | 'both',
  context: DiffContext,
): FieldChange[] {
  const { daemon, definition, command } = resource.desired;
  const restart = restartClass(daemon, context);
  const oldTasks = tasksOfUnit(content);
  const single = cause === 'both' ? 'drift' : cause;
  if (command.of === 'worker' && oldTasks !== undefined && content === textFor(resource, oldTasks)) {
    const { tasks } = definition;
    const reason = restartReason(oldTasks, tasks);
    return [
      {
        field: 'tasks',
        before: { show: 'value', value: oldTasks },
        after: { show: 'value', value: tasks },
        class: reason === undefined ? 'live' : restart,
        cause: single,
        reason: reason ?? 'the running worker is told by RPC; the flags count from its next start',
        ...(resource.origins['tasks'] === undefined ? {} : { origin: resource.origins['tasks'] }),
      },
    ];
  }
  return settingChanges(resource, content, single, restart);
}

/** The file for these tasks and everything else as wanted. */
function textFor({ id, desired }: Resource<Unit>, tasks: readonly TaskCode[]): string {
  const { daemon, definition, command } = desired;
  const words = command.of === 'worker' ? workerArguments(command.worker, tasks) : ['run', ...command.args];
  return unitText(id, daemon, { ...definition, tasks }, words);
}

function settingChanges(
  resource: Resource<Unit>,
  content: string,
  cause: FieldChange['cause'],
  restart: FieldChange['class'],
): FieldChange[] {
  const before = settingsOfUnit(content);
  const { desired, origins } = resource;
  const after = settingsOfUnit(textFor(resource, desired.definition.tasks));
  const names = new Set([...after.keys(), ...before.keys()]);
  const changes = [...names].flatMap((name): FieldChange[] => {
    if (before.get(name) === after.get(name)) return [];
    const live = isAppliedLive(name);
    const key = originKeys[name];
    const origin = key === undefined ? undefined : origins[key];
    return [
      {
        field: name,
        before: { show: 'value', value: before.get(name) ?? null },
        after: { show: 'value', value: after.get(name) ?? null },
        class: live ? 'live' : restart,
        cause,
        reason: live ? 'it takes effect at once' : 'it takes effect when the process starts',
        ...(origin === undefined ? {} : { origin }),
      },
    ];
  });
  if (changes.length > 0) return changes;
  return [
    {
      field: 'layout',
      before: { show: 'value', value: 'other comments or order' },
      after: { show: 'value', value: 'as sealctl writes it' },
      class: 'live',
      cause,
      reason: 'every setting keeps its value',
    },
  ];
}

/** The key of a worker or miner in cluster.yaml that a setting comes from. */
const originKeys: Readonly<Record<string, OriginKey>> = {
  ExecStart: 'args',
  arguments: 'args',
  LimitNOFILE: 'ulimits.nofile',
  nofile: 'ulimits.nofile',
  CPUAffinity: 'cpus',
  cpus: 'cpus',
  MemoryMax: 'memory',
  User: 'runAs',
  account: 'runAs',
};
