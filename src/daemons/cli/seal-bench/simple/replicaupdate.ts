import { dataCommitmentCid, replicaCommitmentCid } from '../../../proofs/commitment-cid.ts';
import { encodeUpdate } from '../../../proofs/sector-update.ts';
import type { Command } from '../../../lotus-cli/app.ts';
import { commDOfArguments } from '../piece-arguments.ts';
import { operationOptions, sectorFlags, sectorSettings, threadFlags } from '../settings.ts';
import { timed } from '../timing.ts';

/** Encodes data into a sealed sector. */
export const replicaupdateCommand: Command = {
  name: 'replicaupdate',
  usage: 'encode new data into a sealed sector (SnapDeals)',
  args: ['SEALED', 'CACHE', 'UNSEALED', 'UPDATE', 'UPDATECACHE'],
  repeatedArgs: ['PIECE-CID', 'PADDED-SIZE'],
  flags: [...sectorFlags, ...threadFlags],
  examples: [
    'seal-bench simple replicaupdate --sector-size 2K /tmp/sealed /tmp/cache /tmp/new /tmp/update /tmp/update-cache',
  ],
  run: async (invocation) => {
    const { args, out } = invocation;
    const [keyPath = '', keyCacheDir = '', dataPath = '', replicaPath = '', updateCacheDir = '', ...pieces] =
      args;
    const { sectorBytes } = sectorSettings(invocation, false).proof;
    const expectedCommD = commDOfArguments(sectorBytes, pieces);
    const { commDNew, commRNew } = await timed('ReplicaUpdate', sectorBytes, out, () =>
      encodeUpdate(
        sectorBytes,
        {
          keyPath,
          keyCacheDir,
          dataPath,
          replicaPath,
          updateCacheDir,
          ...(expectedCommD === undefined ? {} : { expectedCommD }),
        },
        operationOptions(invocation),
      ),
    );
    out(`d:${dataCommitmentCid(commDNew)} r:${replicaCommitmentCid(commRNew)}\n`);
  },
};
