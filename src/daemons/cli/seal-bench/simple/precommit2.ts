import { resolve } from 'node:path';
import { dataCommitmentCid, replicaCommitmentCid } from '../../../proofs/commitment-cid.ts';
import { runExternalPrecommit2, type ExternalPrecommit2 } from '../../../proofs/external-precommit2.ts';
import { runPrecommit2 } from '../../../proofs/precommit2-step.ts';
import type { Command, Invocation } from '../../../lotus-cli/app.ts';
import { operationOptions, sectorFlags, sectorSettings, threadFlags, variantFlags } from '../settings.ts';
import { timed } from '../timing.ts';

/** Phase 2: columns, trees, encoding. */
export const precommit2Command: Command = {
  name: 'precommit2',
  usage: 'seal phase 2: trees C and R, the replica, p_aux and t_aux',
  args: ['SEALED', 'CACHE', 'PC1-OUT-BASE64'],
  flags: [
    ...sectorFlags,
    ...variantFlags,
    ...threadFlags,
    {
      name: 'external-pc2',
      type: 'string',
      default: '',
      usage: 'external command for phase 2; it gets only the EXTSEAL_PC2_ variables, and no PATH',
    },
  ],
  examples: [
    'seal-bench simple precommit2 --sector-size 2K /tmp/sealed /tmp/cache "$PC1_OUTPUT"',
    'seal-bench simple precommit2 --external-pc2 "/usr/bin/node /opt/seal/seal-bench.js external-pc2" ...',
  ],
  run: async (invocation) => {
    const { flags, out } = invocation;
    const sector = sectorOf(invocation);
    const command = flags.text('external-pc2');
    const { commD, commR } = await timed('PreCommit2', sector.proof.sectorBytes, out, () =>
      command === ''
        ? runPrecommit2(sector, sectorSettings(invocation, true).ticket, operationOptions(invocation))
        : runExternalPrecommit2(command, sector, {
            onLine: (line) => invocation.err(`${line}\n`),
            ...(invocation.signal === undefined ? {} : { signal: invocation.signal }),
          }),
    );
    out(`d:${dataCommitmentCid(commD)} r:${replicaCommitmentCid(commR)}\n`);
  },
};

function sectorOf(invocation: Invocation): ExternalPrecommit2 {
  const [sealed = '', cache = '', output = ''] = invocation.args;
  return {
    ...sectorSettings(invocation, true),
    sealedPath: resolve(sealed),
    cacheDir: resolve(cache),
    precommit1Json: Buffer.from(output, 'base64').toString('utf8'),
  };
}
