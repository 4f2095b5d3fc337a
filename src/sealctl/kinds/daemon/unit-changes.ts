import type { FieldChange } from '../../model/field-change.ts';
import type { DiffContext, Resource } from '../../model/kind.ts';
import type { OriginKey } from '../../spec/spec.ts';
import type { WantedFile } from '../core/file.ts';
import { restartReason } from '../worker/worker-command.ts';
import { restartClass, serviceFact, type Daemon } from './daemon.ts';
import { textFor, type Unit } from './unit-resource.ts';
import { isAppliedLive, settingsOfUnit, tasksOfUnit } from './unit-text.ts';

/** Returns the change of a unit that is not on the host. */
export function createdField(wanted: WantedFile, cause: FieldChange['cause']): FieldChange {
  return {
    field: '',
    before: { show: 'value', value: null },
    after: { show: 'value', value: wanted.path },
    class: 'live',
    cause,
    reason: cause === 'drift' ? 'it was deleted on the host' : 'the daemon is new on this host',
  };
}

/** Returns the change of a unit that systemd must load again, where there is one. */
export function loadedChanges(daemon: Daemon, context: DiffContext): FieldChange[] {
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

/** Returns what differs between a file of this content and the wanted one: the tasks alone, settings by name, or the layout. */
export function changedFields(
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
