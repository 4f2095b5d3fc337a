import { dataCommitmentCid } from '../../../proofs/commitment-cid.ts';
import { stagePiece } from '../../../proofs/sealing.ts';
import type { Command } from '../../../lotus-cli/app.ts';
import { operationOptions, sectorFlags, sectorSettings, threadFlags } from '../settings.ts';
import { timed } from '../timing.ts';

/** Writes one piece that fills the sector, padded, into the unsealed file. */
export const addpieceCommand: Command = {
  name: 'addpiece',
  usage: 'write data as one piece that fills a sector',
  args: ['DATA', 'UNSEALED'],
  flags: [...sectorFlags, ...threadFlags],
  examples: ['seal-bench simple addpiece --sector-size 2K /dev/zero /tmp/unsealed'],
  run: async (invocation) => {
    const { args, out } = invocation;
    const [payloadPath = '', stagedPath = ''] = args;
    const { sectorBytes } = sectorSettings(invocation, false).proof;
    const commitment = await timed('AddPiece', sectorBytes, out, () =>
      stagePiece(
        {
          payloadPath,
          payloadBytes: (sectorBytes / 128) * 127,
          stagedPath,
          stagedOffset: 0,
          paddedBytes: sectorBytes,
          replace: true,
        },
        operationOptions(invocation),
      ),
    );
    out(`${dataCommitmentCid(commitment)} ${sectorBytes}\n`);
  },
};
