import { writeWhole } from '../../../base/repo-files.ts';
import { commit1 } from '../../../proofs/commit1.ts';
import { commit1JsonParts } from '../../../proofs/commit1-output.ts';
import { commit1WrapperParts } from '../../../proofs/commit1-wrapper.ts';
import { dataCommitmentOf, replicaCommitmentOf } from '../../../proofs/commitment-cid.ts';
import type { Command } from '../../../lotus-cli/app.ts';
import { operationOptions, sectorFlags, sectorSettings, threadFlags, variantFlags } from '../settings.ts';
import { timed } from '../timing.ts';

/** C1: the vanilla proof. */
export const commit1Command: Command = {
  name: 'commit1',
  usage: 'make the vanilla proof of a sealed sector and verify it',
  args: ['SEALED', 'CACHE', 'COMMD-CID', 'COMMR-CID', 'C1OUT.json'],
  flags: [...sectorFlags, ...variantFlags, ...threadFlags],
  examples: [
    'seal-bench simple commit1 --sector-size 2K /tmp/sealed /tmp/cache baga6ea4seaq... bagboea4b5abc... /tmp/c1.json',
  ],
  run: async (invocation) => {
    const { args, out } = invocation;
    const [replicaPath = '', cacheDir = '', commDCid = '', commRCid = '', outputPath = ''] = args;
    const settings = sectorSettings(invocation, true);
    const { proof, sectorNumber } = settings;
    const statement = {
      ...settings,
      commD: dataCommitmentOf(commDCid),
      commR: replicaCommitmentOf(commRCid),
    };
    const binary = await timed('Commit1', proof.sectorBytes, out, () =>
      commit1(proof.number, statement, { cacheDir, replicaPath }, operationOptions(invocation)),
    );
    const sector = { sectorNumber, sectorBytes: proof.sectorBytes };
    await writeWhole(outputPath, commit1WrapperParts(sector, commit1JsonParts(proof, binary)), 0o644);
  },
};
