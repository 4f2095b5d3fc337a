import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from '@sealctl/core/problem/problem';
import { runExternalProgram } from './external-program.ts';

/**
 * The contract with an external prover, modeled on `--external-pc2`. The command runs as `sh -c COMMAND` with only the variables below and
 * no PATH. It reads its input from files, writes the proof's raw bytes to the file that `..._PROOF` names, and exits with 0. Everything
 * else is a failure.
 *
 * | Variable | C2 (`EXTSEAL_C2_`) | PR2 (`EXTSEAL_PR2_`) |
 * | --- | --- | --- |
 * | `SECTOR_NUM`, `SECTOR_MINER` | the sector and the actor id of its miner | the same |
 * | `PROOF_TYPE` | registered seal proof | registered update proof |
 * | `SECTOR_SIZE` | bytes | bytes |
 * | `INPUT` | file: `{"SectorNum","Phase1Out","SectorSize"}`, as lotus-bench writes it | file: JSON array of base64, a vanilla proof for each partition |
 * | `COMM_R_OLD`, `COMM_R_NEW`, `COMM_D_NEW` | | 64 hexadecimal digits each |
 * | `PROOF` | file to write | file to write |
 *
 * C2 without a GPU also gets `BELLMAN_NO_GPU=1`, a variable of the reference's prover.
 */
export type ProverRequest = {
  readonly sectorNumber: number;
  readonly actorId: number;
  readonly sectorBytes: number;
  /** Registered seal proof for C2, registered update proof for PR2. */
  readonly proofType: number;
  /** Number of Groth16 proofs in the result. */
  readonly partitions: number;
  /** Content of the `INPUT` file. */
  readonly input: string | Uint8Array | Iterable<string>;
} & (
  | {
      readonly step: 'C2';
      /** Non-interactive proofs are aggregated, so their length does not follow from the partitions. */
      readonly aggregated: boolean;
      readonly noGpu?: boolean;
    }
  | {
      readonly step: 'PR2';
      readonly commROld: Uint8Array;
      readonly commRNew: Uint8Array;
      readonly commDNew: Uint8Array;
    }
);

/** Bytes of one compressed Groth16 proof. */
const proofBytes = 192;

/** The complete environment of a prover's command. */
export function externalProverEnv(
  request: ProverRequest,
  inputPath: string,
  proofPath: string,
): Record<string, string> {
  const prefix = `EXTSEAL_${request.step}_`;
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return {
    [`${prefix}SECTOR_NUM`]: String(request.sectorNumber),
    [`${prefix}SECTOR_MINER`]: String(request.actorId),
    [`${prefix}PROOF_TYPE`]: String(request.proofType),
    [`${prefix}SECTOR_SIZE`]: String(request.sectorBytes),
    [`${prefix}INPUT`]: inputPath,
    [`${prefix}PROOF`]: proofPath,
    ...(request.step === 'C2' && request.noGpu === true && { BELLMAN_NO_GPU: '1' }),
    ...(request.step === 'PR2' && {
      [`${prefix}COMM_R_OLD`]: hex(request.commROld),
      [`${prefix}COMM_R_NEW`]: hex(request.commRNew),
      [`${prefix}COMM_D_NEW`]: hex(request.commDNew),
    }),
  };
}

/**
 * Runs an external command that converts a vanilla proof into a SNARK, and returns its bytes. Throws a problem `external-program` when the
 * command fails, `external-prover` when it writes no proof or one of the wrong length.
 */
export async function runExternalProver(
  command: string,
  request: ProverRequest,
  options: { readonly signal?: AbortSignal; readonly onLine?: (line: string) => void } = {},
): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'seal-prover-'));
  try {
    const inputPath = join(directory, 'input.json');
    const proofPath = join(directory, 'proof');
    await writeFile(inputPath, request.input);
    await runExternalProgram(
      {
        command,
        env: externalProverEnv(request, inputPath, proofPath),
        step: `external ${request.step}`,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      options.onLine,
    );
    const proof = await readProof(proofPath, request.step);
    const whole = proofBytes * request.partitions;
    const aggregated = request.step === 'C2' && request.aggregated;
    if (aggregated ? proof.length === 0 : proof.length !== whole)
      throw fail({
        code: 'external-prover',
        summary: `the external ${request.step} command wrote ${proof.length} bytes, which is not a proof`,
        why: aggregated
          ? 'an aggregated proof is not empty'
          : `${request.partitions} partitions make ${whole} bytes`,
        fix: `write the raw proof to the file that EXTSEAL_${request.step}_PROOF names`,
      });
    return proof;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function readProof(path: string, step: ProverRequest['step']): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fail(
      {
        code: 'external-prover',
        summary: `the external ${step} command exited with 0 but wrote no proof`,
        fix: `write the raw proof to the file that EXTSEAL_${step}_PROOF names`,
      },
      { cause: error },
    );
  }
}
