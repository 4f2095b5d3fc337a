import { parseExternalPrecommit2Env } from '../../proofs/external-precommit2.ts';
import { replicaCommitmentCid } from '../../proofs/commitment-cid.ts';
import { runPrecommit2 } from '../../proofs/precommit2-step.ts';
import { registeredSealProof } from '../../proofs/registered-proof.ts';
import type { Command } from '../../lotus-cli/app.ts';
import { usage } from '../../lotus-cli/flag.ts';
import { operationOptions, threadFlags } from './settings.ts';

/** Our phase 2 for a Lotus worker: the other side of `lotus-worker run --external-pc2`. */
export const externalPc2Command: Command = {
  name: 'external-pc2',
  usage: 'seal phase 2 of the sector that the EXTSEAL_PC2_ variables describe, for a Lotus worker',
  flags: threadFlags,
  examples: [
    'lotus-worker run --external-pc2 "/opt/seal/seal-bench external-pc2"',
    '   Lotus hands on no PATH, so the path is absolute.',
  ],
  run: async (invocation) => {
    const variables = parseExternalPrecommit2Env(invocation.env);
    const proof = registeredSealProof(variables.proofNumber);
    if (proof.sectorBytes !== variables.sectorBytes)
      throw usage(
        'EXTSEAL_PC2_SECTOR_SIZE',
        `EXTSEAL_PC2_SECTOR_SIZE is ${variables.sectorBytes}, but ${proof.name} has ${proof.sectorBytes}`,
        'let Lotus set the variables',
      );
    const { commR } = await runPrecommit2({ ...variables, proof }, undefined, operationOptions(invocation));
    invocation.err(`sealed ${variables.sealedPath}: ${replicaCommitmentCid(commR)}\n`);
  },
};
