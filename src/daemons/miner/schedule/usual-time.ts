import { sectorSizeOfProof } from '@sealctl/core/lotus/seal-proof';
import { sectorSize } from '@sealctl/core/lotus/sector-size';
import type { TaskCode } from '@sealctl/core/lotus/task-type';

/** Minutes for 32 GiB on the usual hardware for each task. The accuracy suffices to weigh a wait against a move of hundreds of GiB. */
const minutes: Partial<Record<TaskCode, number>> = {
  PC1: 240,
  UNS: 240,
  RU: 60,
  GSK: 60,
  GET: 60,
  PC2: 30,
  C2: 30,
  PR2: 30,
  C1: 1,
};
const otherMinutes = 10;
/** Lower bound: starting a process and reporting take time with the smallest sectors, too. */
const minMs = 10_000;

/** The estimated duration of a task in milliseconds, used until a task of its kind has ended. */
export function usualTime(task: TaskCode, proof: number): number {
  const size = sectorSizeOfProof(proof);
  const share = size === undefined ? 0 : sectorSize(size).bytes / 2 ** 35;
  return Math.max(minMs, (minutes[task] ?? otherMinutes) * 60_000 * share);
}
