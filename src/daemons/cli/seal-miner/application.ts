import type { App } from '../../lotus-cli/app.ts';
import { buildInfo } from '@sealctl/core/version';
import { colorFlag } from './color.ts';
import { minerCommands } from './commands.ts';
import { minerRepoFlag } from './connection.ts';

/** The whole command line of seal-miner. */
export const sealMiner: App = {
  name: 'seal-miner',
  usage: 'coordinator of a sealing cluster, compatible with the sealing half of lotus-miner',
  version: () => buildInfo().version,
  flags: [minerRepoFlag, colorFlag],
  commands: minerCommands,
};
