import { writeWhole } from '../../../base/repo-files.ts';
import { dataCommitmentOf, replicaCommitmentOf } from '../../../proofs/commitment-cid.ts';
import { proveUpdate } from '../../../proofs/sector-update.ts';
import { updateProofsJson } from '../../../proofs/update-proofs-json.ts';
import type { Command } from '../../../lotus-cli/app.ts';
import { operationOptions, sectorFlags, sectorSettings, threadFlags } from '../settings.ts';
import { timed } from '../timing.ts';

/** PR1: the vanilla proofs of an update. */
export const provereplicaupdate1Command: Command = {
  name: 'provereplicaupdate1',
  usage: 'make the vanilla proofs of an updated sector and verify them',
  args: ['SEALED', 'CACHE', 'UPDATE', 'UPDATECACHE', 'OLD-COMMR', 'NEW-COMMR', 'NEW-COMMD', 'VPROOFS.json'],
  flags: [...sectorFlags, ...threadFlags],
  examples: [
    'seal-bench simple provereplicaupdate1 --sector-size 2K /tmp/sealed /tmp/cache /tmp/update /tmp/update-cache \\',
    '   bagboea4b5abc... bagboea4b5abc... baga6ea4seaq... /tmp/vproofs.json',
  ],
  run: async (invocation) => {
    const { args, out } = invocation;
    const [keyPath = '', keyCacheDir = '', replicaPath = '', updateCacheDir = ''] = args;
    const [commROld = '', commRNew = '', commDNew = '', outputPath = ''] = args.slice(4);
    const { sectorBytes } = sectorSettings(invocation, false).proof;
    const statement = {
      commROld: replicaCommitmentOf(commROld),
      commRNew: replicaCommitmentOf(commRNew),
      commDNew: dataCommitmentOf(commDNew),
    };
    const proofs = await timed('ProveReplicaUpdate1', sectorBytes, out, () =>
      proveUpdate(
        sectorBytes,
        statement,
        { keyPath, keyCacheDir, replicaPath, updateCacheDir },
        operationOptions(invocation),
      ),
    );
    await writeWhole(outputPath, updateProofsJson(proofs), 0o644);
  },
};
