import type { App } from '../../lotus-cli/app.ts';
import { buildInfo } from '@sealctl/core/version';
import { externalPc2Command } from './external-pc2.ts';
import { benchSealingCommand } from './sealing/sealing.ts';
import { simpleCommand } from './simple/simple.ts';

/** The whole command line of seal-bench. */
export const sealBench: App = {
  name: 'seal-bench',
  usage: 'run the sealing kernels on this machine',
  version: () => buildInfo().version,
  flags: [],
  commands: [simpleCommand, benchSealingCommand, externalPc2Command],
};
