import { taskByName, type TaskCode, type TaskName } from '@sealctl/core/lotus/task-type';
import type { WorkerSpec } from '../../spec/spec.ts';
import { restartClass, type Daemon } from '../daemon/daemon.ts';
import { fileAt, fileRequest } from '../core/file.ts';
import { unchanged } from '../core/file-difference.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { DiffContext, Difference, Resource } from '../../model/kind.ts';
import { tasksOfUnit } from '../daemon/unit-text.ts';
import { acceptedTasks, restartReason } from './worker-command.ts';

/** The task types the running worker accepts. What it accepts after its next start is the unit's business. */
export interface TaskSet {
  readonly daemon: Daemon;
  /** As cluster.yaml has them: without those every worker offers. */
  readonly tasks: readonly TaskCode[];
}

export function taskSetOf(daemon: Daemon, worker: WorkerSpec): Resource<TaskSet> {
  return {
    kind: 'task-set',
    id: `${daemon.id}/tasks`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: { daemon, tasks: worker.tasks },
    origins: worker.origins,
  };
}

export const taskSet: ManagedKind<TaskSet, 'task-set'> = {
  name: 'task-set',
  after: ['service'],
  desired: (owner) => (owner.of === 'worker' ? [taskSetOf(owner.daemon, owner.worker)] : []),
  probe: ({ desired: { daemon } }) => [fileRequest(daemon.unitFile)],
  diff: (resource, context) => {
    const { worker } = context;
    if (worker === undefined || !('tasks' in worker)) return unchanged();
    const wanted = acceptedTasks(resource.desired.tasks);
    const enable = wanted.filter((name) => !worker.tasks.includes(name));
    const disable = worker.tasks.filter((name) => !wanted.some((other) => other === name));
    if (enable.length === 0 && disable.length === 0) return unchanged();
    return difference(resource, context, worker.tasks, enable, disable);
  },
  probeOwned: () => [],
  remove: () => unchanged(),
};

function difference(
  { desired: { daemon, tasks }, origins }: Resource<TaskSet>,
  context: DiffContext,
  accepted: readonly string[],
  enable: readonly TaskName[],
  disable: readonly string[],
): Difference {
  const present = accepted.flatMap((name) => taskByName(name)?.code ?? []);
  const wanted = acceptedTasks(tasks).flatMap((name) => taskByName(name)?.code ?? []);
  const flags = tasksOfUnit(fileAt(daemon.unitFile, context).content ?? '');
  const unknown = disable.filter((name) => taskByName(name) === undefined);
  const reason =
    unknown.length > 0
      ? `sealctl cannot switch ${unknown.join(', ')}`
      : restartReason(present, wanted, flags);
  // The unit already matches cluster.yaml: the running worker was changed by RPC.
  const drifted = flags !== undefined && flags.join(' ') === tasks.join(' ');
  return {
    action: 'update',
    fields: [
      {
        field: 'tasks',
        before: { show: 'value', value: present },
        after: { show: 'value', value: wanted },
        class: reason === undefined ? 'live' : restartClass(daemon, context),
        cause: drifted ? 'drift' : 'change',
        reason: reason ?? 'the running worker is told by RPC',
        ...(origins['tasks'] === undefined ? {} : { origin: origins['tasks'] }),
      },
    ],
    findings: [],
    steps:
      reason === undefined
        ? [
            {
              title: `set the tasks of ${daemon.serviceName}`,
              phase: 'live',
              on: 'worker',
              operation: { do: 'set-tasks', enable, disable },
            },
          ]
        : [],
  };
}
