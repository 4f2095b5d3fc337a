import { resolve } from 'node:path';
import { precommit1Json } from '../../../proofs/precommit1-output.ts';
import { precommit1 } from '../../../proofs/sealing.ts';
import type { Command } from '../../../lotus-cli/app.ts';
import { commDOfArguments } from '../piece-arguments.ts';
import {
  labelThreads,
  operationOptions,
  parentCacheDir,
  parentCacheFlag,
  sectorFlags,
  sectorSettings,
  threadFlags,
  variantFlags,
} from '../settings.ts';
import { timed } from '../timing.ts';

/** Phase 1: the layers and tree D. */
export const precommit1Command: Command = {
  name: 'precommit1',
  usage: 'seal phase 1: copy the data, tree D, all layers',
  args: ['UNSEALED', 'SEALED', 'CACHE'],
  repeatedArgs: ['PIECE-CID', 'PADDED-SIZE'],
  flags: [
    ...sectorFlags,
    ...variantFlags,
    ...threadFlags,
    parentCacheFlag,
    {
      name: 'producers',
      type: 'int',
      default: 0,
      usage: 'threads that fetch parents for the hashing thread; 0: one thread does both',
    },
  ],
  examples: [
    'seal-bench simple precommit1 --sector-size 2K /tmp/unsealed /tmp/sealed /tmp/cache \\',
    '   baga6ea4seaqpy7usqklokfx2vxuynmupslkeutzexe2uqurdg5vhtebhxqmpqmy 2048',
  ],
  run: async (invocation) => {
    const { args, out } = invocation;
    const [stagedPath = '', sealedPath = '', cache = '', ...pieces] = args;
    const settings = sectorSettings(invocation, true);
    const { proof, ticket } = settings;
    const cacheDir = resolve(cache);
    const expectedCommD = commDOfArguments(proof.sectorBytes, pieces);
    const { commD } = await timed('PreCommit1', proof.sectorBytes, out, () =>
      precommit1(
        proof.number,
        {
          ...settings,
          stagedPath,
          sealedPath,
          cacheDir,
          ...(expectedCommD === undefined ? {} : { expectedCommD }),
        },
        {
          ...operationOptions(invocation),
          parentCacheDir: parentCacheDir(invocation),
          labelThreads: labelThreads(invocation),
        },
      ),
    );
    out(`${Buffer.from(precommit1Json({ proof, commD, ticket, cacheDir })).toString('base64')}\n`);
  },
};
