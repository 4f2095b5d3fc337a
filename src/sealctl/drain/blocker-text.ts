import { estimateText } from '../observe/usual-times.ts';
import { durationText } from '@sealctl/core/text/units';
import type { Blocker, OnlyCopyBlocker, TaskBlocker } from './blockers.ts';

/** The name of a blocker, without anything that changes over time: `PC1 of sector 4`, `sealed, cache of sector 3`. */
export function blockerName(blocker: Blocker): string {
  return blocker.blocker === 'task'
    ? `${blocker.task} of sector ${blocker.sector.Number}`
    : `${blocker.files.join(', ')} of sector ${blocker.sector.Number}`;
}

/** Equal for the same blocker at two moments, and different once its phase has changed. */
export function blockerKey(blocker: Blocker): string {
  const { Miner, Number: number } = blocker.sector;
  return blocker.blocker === 'task'
    ? `task ${Miner} ${number} ${blocker.task} ${blocker.worker} ${blocker.phase}`
    : `only-copy ${Miner} ${number} ${blocker.state} ${blocker.phase} ${blocker.task ?? ''}`;
}

/** A blocker in one line, with elapsed time and estimate. */
export function blockerText(blocker: Blocker): string {
  return blocker.blocker === 'task' ? taskText(blocker) : copyText(blocker);
}

function taskText(blocker: TaskBlocker): string {
  const name = `${blockerName(blocker)} on ${blocker.worker}`;
  const elapsed = durationText(blocker.elapsedMs);
  const estimate = estimateText(blocker.elapsedMs, blocker.usualMs);
  switch (blocker.phase) {
    case 'assigned':
      return `${name}: assigned for ${elapsed}, not started`;
    case 'prepared':
      return `${name}: being prepared for ${elapsed}, ${estimate}`;
    case 'running':
      return `${name}: running for ${elapsed}, ${estimate}`;
    case 'undelivered':
      return `${name}: finished ${elapsed} ago, result not delivered yet`;
  }
}

function copyText(blocker: OnlyCopyBlocker): string {
  const { elapsedMs, usualMs, state, task, worker } = blocker;
  const name = `${blockerName(blocker)} only here`;
  const elapsed = durationText(elapsedMs);
  switch (blocker.phase) {
    case 'running':
      return `${name}: ${task} runs on ${worker} for ${elapsed}, ${estimateText(elapsedMs, usualMs)}`;
    case 'queued': {
      const usual = usualMs === undefined ? 'no estimate yet' : `takes ${durationText(usualMs)} once it runs`;
      return `${name}: ${state} for ${elapsed}, ${task} waits for a worker, ${usual}`;
    }
    case 'waiting':
      return `${name}: ${state} for ${elapsed}, no estimate yet`;
    case 'finished':
      return `${name}: finished (${state}), stays until moved`;
  }
}
