import { goDurationText } from '@sealctl/core/lotus/go-value';
import { sizeText } from '@sealctl/core/lotus/size-text';
import type { TaskCode } from '@sealctl/core/lotus/task-type';

/** Why a task does not run on one worker now. */
export type WaitReason =
  | { readonly because: 'disabled' }
  | { readonly because: 'not-accepted'; readonly task: TaskCode }
  | { readonly because: 'avoided' }
  /** The machine lacks this resource even when idle. */
  | {
      readonly because: 'too-small';
      readonly resource: ResourceName;
      readonly needs: number;
      readonly has: number;
    }
  | {
      readonly because: 'busy';
      readonly resource: ResourceName;
      readonly needs: number;
      readonly free: number;
    }
  | { readonly because: 'limit'; readonly task: TaskCode; readonly limit: number }
  | { readonly because: 'no-path'; readonly wanted: string }
  | { readonly because: 'no-free-space'; readonly needs: number; readonly free: number }
  | { readonly because: 'path-away'; readonly path: string; readonly why: string }
  | { readonly because: 'not-holder' }
  | { readonly because: 'group'; readonly allowed: readonly string[] }
  | {
      readonly because: 'data-elsewhere';
      readonly worker: string;
      readonly waitMs: number;
      readonly moveMs: number;
    }
  | { readonly because: 'reserved-for'; readonly taskId: string }
  | { readonly because: 'locked'; readonly by: string }
  | { readonly because: 'paused'; readonly ms: number };

export type ResourceName = 'memory' | 'memory with swap' | 'CPU threads' | 'GPUs';

/** The reason as an operator reads it. */
export function reasonText(reason: WaitReason): string {
  switch (reason.because) {
    case 'disabled':
      return 'the worker is disabled or does not answer';
    case 'not-accepted':
      return `the worker does not take ${reason.task}`;
    case 'avoided':
      return 'the task failed there and is tried elsewhere first';
    case 'too-small':
      return `needs ${amount(reason.resource, reason.needs)}; the machine has ${amount(reason.resource, reason.has)} in all`;
    case 'busy':
      return `needs ${amount(reason.resource, reason.needs)}; ${amount(reason.resource, reason.free)} free now`;
    case 'limit':
      return `${reason.task} is at its limit of ${reason.limit}`;
    case 'no-path':
      return `no storage path there ${reason.wanted}`;
    case 'no-free-space':
      return `needs ${sizeText(reason.needs)} on one path; the path with the most free space has ${sizeText(Math.max(0, reason.free))} free`;
    case 'path-away':
      return `storage path ${reason.path} ${reason.why}`;
    case 'not-holder':
      return 'the files of the sector are not there and may not be fetched for this task';
    case 'group':
      return `outside the storage groups that may fetch the files: ${reason.allowed.join(', ') || 'none'}`;
    case 'data-elsewhere':
      return `the files are on ${reason.worker}: waiting there about ${time(reason.waitMs)} costs less than moving them, about ${time(reason.moveMs)}`;
    case 'reserved-for':
      return `kept free for task ${reason.taskId}, which has waited too long`;
    case 'locked':
      return `task ${reason.by} uses the same files of the sector`;
    case 'paused':
      return `tried again in ${time(reason.ms)}, after a failure`;
  }
}

function amount(resource: ResourceName, value: number): string {
  const left = Math.max(0, value);
  switch (resource) {
    case 'memory':
    case 'memory with swap':
      return `${sizeText(left)} of ${resource}`;
    case 'CPU threads':
    case 'GPUs':
      return `${Math.round(left * 100) / 100} ${resource}`;
  }
}

function time(milliseconds: number): string {
  return goDurationText(Math.round(milliseconds / 100) * 100);
}
