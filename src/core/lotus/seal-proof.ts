import { sectorSizes, type SectorSize } from './sector-size.ts';

/**
 * Registered seal proofs by number: four blocks of five, in each block the sizes of `sectorSizes` in their order.
 * Source: docs/spec/lotus.md section 6.2.
 */
export const sealProofVariants = ['V1', 'V1_1', 'V1_1-synthetic', 'V1_2-non-interactive'] as const;

export type SealProofVariant = (typeof sealProofVariants)[number];

/** The number of a proof, such as 8 for 32GiB V1_1. */
export function sealProofNumber(size: SectorSize, variant: SealProofVariant): number {
  const index = sectorSizes.findIndex((candidate) => candidate.name === size);
  return sealProofVariants.indexOf(variant) * sectorSizes.length + index;
}

/** The sector size of a proof number, or undefined for a number outside the blocks. */
export function sectorSizeOfProof(proof: number): SectorSize | undefined {
  const inRange =
    Number.isInteger(proof) && proof >= 0 && proof < sectorSizes.length * sealProofVariants.length;
  return inRange ? sectorSizes[proof % sectorSizes.length]?.name : undefined;
}

/** The proof numbers that have resource table entries for a size: all but the non-interactive one. */
export function tableProofsOf(size: SectorSize): number[] {
  return (['V1', 'V1_1', 'V1_1-synthetic'] as const).map((variant) => sealProofNumber(size, variant));
}

/** A counter key of WorkerStats, such as `8:seal/v0/precommit/1`; the task is empty for tasks being prepared without a fetch. */
export function parseSealTask(key: string): { readonly proof: number; readonly task: string } {
  const colon = key.indexOf(':');
  return { proof: Number(key.slice(0, colon)), task: key.slice(colon + 1) };
}

/** The counter key of a proof number and a task name. */
export function sealTaskKey(proof: number, task: string): string {
  return `${proof}:${task}`;
}
