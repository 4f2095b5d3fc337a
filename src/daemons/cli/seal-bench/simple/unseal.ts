import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { cacheFiles } from '../../../proofs/cache-files.ts';
import { dataCommitmentOf } from '../../../proofs/commitment-cid.ts';
import { unseal } from '../../../proofs/sealing.ts';
import type { Command } from '../../../lotus-cli/app.ts';
import {
  labelThreads,
  operationOptions,
  parentCacheDir,
  parentCacheFlag,
  sectorFlags,
  sectorSettings,
  sizeFlag,
  threadFlags,
  variantFlags,
  wholeNumber,
} from '../settings.ts';
import { timed } from '../timing.ts';

/** Decodes the replica to the unpadded data. */
export const unsealCommand: Command = {
  name: 'unseal',
  usage: 'read the data of a sealed sector, or a range of it, without padding',
  args: ['SEALED', 'CACHE', 'COMMD-CID', 'OUTPUT'],
  flags: [
    ...sectorFlags,
    ...variantFlags,
    ...threadFlags,
    parentCacheFlag,
    { name: 'offset', type: 'int', default: 0, usage: 'first unpadded byte to read' },
    {
      name: 'size',
      type: 'string',
      default: '0',
      usage: 'unpadded bytes to read, also as 127KiB; 0: all from the offset on',
    },
    {
      name: 'producers',
      type: 'int',
      default: 0,
      usage: 'threads that fetch parents for the hashing thread; 0: one thread does both',
    },
  ],
  examples: [
    'seal-bench simple unseal --sector-size 2K /tmp/sealed /tmp/cache baga6ea4seaq... /tmp/data',
    'seal-bench simple unseal --sector-size 2K --offset 127 --size 100 /tmp/sealed /tmp/cache baga6ea4seaq... /tmp/data',
  ],
  run: async (invocation) => {
    const { args, flags, out } = invocation;
    const [sealedPath = '', cacheDir = '', commDCid = '', outputPath = ''] = args;
    const settings = sectorSettings(invocation, true);
    const { proof } = settings;
    const lastLayer = cacheFiles(cacheDir, proof).layers.at(-1) ?? '';
    const offset = wholeNumber(flags, 'offset');
    const size = sizeFlag(flags, 'size');
    const scratchDir = `${outputPath}.layers`;
    try {
      await timed('Unseal', proof.sectorBytes, out, () =>
        unseal(
          proof.number,
          {
            ...settings,
            sealedPath,
            outputPath,
            scratchDir,
            ...(existsSync(lastLayer) ? { lastLayerPath: lastLayer } : {}),
            commD: dataCommitmentOf(commDCid),
            offset,
            bytes: size === 0 ? (proof.sectorBytes / 128) * 127 - offset : size,
          },
          {
            ...operationOptions(invocation),
            parentCacheDir: parentCacheDir(invocation),
            labelThreads: labelThreads(invocation),
          },
        ),
      );
    } finally {
      await rm(scratchDir, { recursive: true, force: true });
    }
  },
};
