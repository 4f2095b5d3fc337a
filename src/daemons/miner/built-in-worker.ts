import { impliedTasks, taskNameOf, type TaskCode } from '@sealctl/core/lotus/task-type';
import type { WorkerInfo } from '@sealctl/core/lotus/rpc-values';
import type { MinerConfig } from './config/keys.ts';
import type { RegisteredWorker } from './worker-registry.ts';

const switches: readonly (readonly [key: keyof MinerConfig['Storage'], codes: readonly TaskCode[]])[] = [
  ['AllowSectorDownload', ['DL']],
  ['AllowAddPiece', ['AP', 'DC']],
  ['AllowPreCommit1', ['PC1']],
  ['AllowPreCommit2', ['PC2']],
  ['AllowCommit', ['C2']],
  ['AllowUnseal', ['UNS']],
  ['AllowReplicaUpdate', ['RU']],
  ['AllowProveReplicaUpdate2', ['PR2']],
  ['AllowRegenSectorKey', ['GSK']],
];

/** The task types of the built-in worker: those every worker offers, and those its Allow switches enable. */
export function builtInTasks(config: MinerConfig['Storage']): TaskCode[] {
  return [...impliedTasks, ...switches.flatMap(([key, codes]) => (config[key] === true ? codes : []))];
}

/** The miner's built-in worker, which is in every listing. */
export function builtInWorker(
  session: string,
  info: WorkerInfo,
  config: MinerConfig['Storage'],
): RegisteredWorker {
  const tasks = builtInTasks(config).map(taskNameOf);
  return {
    session,
    url: '',
    info,
    enabled: true,
    // It keeps storage paths and lists the task types of the Allow switches; sealing itself runs in workers.
    canSeal: false,
    tasks,
    paths: [],
    taskTypes: () => Promise.resolve(tasks),
  };
}
