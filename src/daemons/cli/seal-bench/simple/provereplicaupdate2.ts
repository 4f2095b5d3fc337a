import { readFile } from 'node:fs/promises';
import { dataCommitmentOf, replicaCommitmentOf } from '../../../proofs/commitment-cid.ts';
import { runExternalProver } from '../../../proofs/external-prover.ts';
import { updatePartitions, verifyUpdate } from '../../../proofs/sector-update.ts';
import { parseUpdateProofs } from '../../../proofs/update-proofs-json.ts';
import type { Command } from '../../../lotus-cli/app.ts';
import { operationOptions, sectorFlags, sectorSettings, threadFlags } from '../settings.ts';
import { timed } from '../timing.ts';

/** PR2: the SNARK of an update, by an external prover; without one, the vanilla proofs verified in full. */
export const provereplicaupdate2Command: Command = {
  name: 'provereplicaupdate2',
  usage: 'verify the vanilla proofs of an update and have an external prover turn them into a SNARK',
  args: ['OLD-COMMR', 'NEW-COMMR', 'NEW-COMMD', 'VPROOFS.json'],
  flags: [
    ...sectorFlags,
    ...threadFlags,
    {
      name: 'external-pr2',
      type: 'string',
      default: '',
      usage: 'prover command; it gets only the EXTSEAL_PR2_ variables, and no PATH',
    },
  ],
  examples: [
    'seal-bench simple provereplicaupdate2 --sector-size 2K bagboea4b5abc... bagboea4b5abc... baga6ea4seaq... /tmp/vproofs.json',
  ],
  run: async (invocation) => {
    const { args, flags, out } = invocation;
    const [commROld = '', commRNew = '', commDNew = '', path = ''] = args;
    const { proof, actorId, sectorNumber } = sectorSettings(invocation, false);
    const { sectorBytes } = proof;
    const statement = {
      commROld: replicaCommitmentOf(commROld),
      commRNew: replicaCommitmentOf(commRNew),
      commDNew: dataCommitmentOf(commDNew),
    };
    const input = await readFile(path, 'utf8');
    const proofs = parseUpdateProofs(input);
    const partitions = updatePartitions(sectorBytes);
    const command = flags.text('external-pr2');
    const snark = await timed('ProveReplicaUpdate2', sectorBytes, out, async () => {
      await verifyUpdate(sectorBytes, statement, proofs, operationOptions(invocation));
      if (command === '') return undefined;
      return runExternalProver(
        command,
        {
          ...statement,
          step: 'PR2',
          sectorNumber,
          actorId,
          sectorBytes,
          proofType: proof.number % 5, // update proofs are numbered by size alone
          partitions,
          input,
        },
        {
          onLine: (line) => invocation.err(`${line}\n`),
          ...(invocation.signal === undefined ? {} : { signal: invocation.signal }),
        },
      );
    });
    out(
      snark === undefined
        ? `vanilla proof: verified in full, ${partitions} partitions; no SNARK was made (--external-pr2 names a prover)\n`
        : `p: ${Buffer.from(snark).toString('base64')}\n`,
    );
  },
};
