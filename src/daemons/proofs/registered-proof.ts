import { fail } from '@sealctl/core/problem/problem';

/** How a registered seal proof derives its challenges (docs/spec/sealing.md section 4.1). */
export type PorepFeature = 'interactive' | 'synthetic' | 'non-interactive';

/** The properties of a registered seal proof (docs/spec/sealing.md sections 4.1 and 7). */
export interface RegisteredSealProof {
  readonly number: number;
  readonly sectorBytes: number;
  /** Lotus's name, such as `StackedDrg32GiBV1_1`. */
  readonly name: string;
  /** The name in JSON keys for every version, such as `StackedDrg32GiBV1`. */
  readonly v1Name: string;
  readonly feature: PorepFeature;
  readonly layers: number;
  /** Number of files that each of tree C and tree R consists of. */
  readonly baseTrees: number;
  /** Number of Groth16 proofs in one proof of replication. */
  readonly partitions: number;
}

const sizes = [
  { label: '2KiB', bytes: 2 ** 11, layers: 2, baseTrees: 1, partitions: 1 },
  { label: '8MiB', bytes: 2 ** 23, layers: 2, baseTrees: 1, partitions: 1 },
  { label: '512MiB', bytes: 2 ** 29, layers: 2, baseTrees: 1, partitions: 1 },
  { label: '32GiB', bytes: 2 ** 35, layers: 11, baseTrees: 8, partitions: 10 },
  { label: '64GiB', bytes: 2 ** 36, layers: 11, baseTrees: 16, partitions: 10 },
] as const;

const generations = [
  { suffix: 'V1', feature: 'interactive' },
  { suffix: 'V1_1', feature: 'interactive' },
  { suffix: 'V1_1_Feat_SyntheticPoRep', feature: 'synthetic' },
  { suffix: 'V1_2_Feat_NonInteractivePoRep', feature: 'non-interactive' },
] as const;

/** Returns the registered proof with a number from 0 to 19. Throws a problem `unknown-proof` for any other number. */
export function registeredSealProof(number: number): RegisteredSealProof {
  const size = sizes[number % sizes.length];
  const generation = generations[Math.floor(number / sizes.length)];
  if (size === undefined || generation === undefined)
    throw fail({
      code: 'unknown-proof',
      summary: `unknown registered seal proof ${number}`,
      fix: 'valid numbers are 0 to 19; 5 to 9 are V1_1 of 2KiB, 8MiB, 512MiB, 32GiB and 64GiB',
    });
  const nonInteractive = generation.feature === 'non-interactive';
  return {
    number,
    sectorBytes: size.bytes,
    name: `StackedDrg${size.label}${generation.suffix}`,
    v1Name: `StackedDrg${size.label}V1`,
    feature: generation.feature,
    layers: size.layers,
    baseTrees: size.baseTrees,
    partitions: nonInteractive ? (size.partitions > 1 ? 126 : 13) : size.partitions,
  };
}

/** Returns the registered proof with Lotus's name, such as `StackedDrg32GiBV1_1`; undefined for any other text. */
export function registeredSealProofNamed(name: string): RegisteredSealProof | undefined {
  const count = sizes.length * generations.length;
  const all = Array.from({ length: count }, (_, number) => registeredSealProof(number));
  return all.find((proof) => proof.name === name);
}

/** Returns the number of the proof with these properties; interactive means V1_1. Throws `unknown-proof` for other sizes. */
export function sealProofNumberOf(sectorBytes: number, feature: PorepFeature): number {
  const index = sizes.findIndex((size) => size.bytes === sectorBytes);
  if (index < 0)
    throw fail({
      code: 'unknown-proof',
      summary: `sectors of ${sectorBytes} bytes do not exist`,
      fix: `choose one of ${sizes.map((size) => size.label).join(', ')}`,
    });
  const generation = { interactive: 1, synthetic: 2, 'non-interactive': 3 }[feature];
  return generation * sizes.length + index;
}
