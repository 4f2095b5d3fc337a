import type { TaskCode } from '@sealctl/core/lotus/task-type';
import type { Resource } from '../../model/kind.ts';
import type { MinerSpec, Spec, WorkerSpec } from '../../spec/spec.ts';
import { workerArguments } from '../worker/worker-command.ts';
import type { Daemon } from './daemon.ts';
import { unitText, type ServiceDefinition } from './unit-text.ts';

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

/** Returns the content of the file for these tasks, with everything else as wanted. */
export function textFor({ id, desired }: Resource<Unit>, tasks: readonly TaskCode[]): string {
  const { daemon, definition, command } = desired;
  const words = command.of === 'worker' ? workerArguments(command.worker, tasks) : ['run', ...command.args];
  return unitText(id, daemon, { ...definition, tasks }, words);
}
