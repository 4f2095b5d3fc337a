import type { App } from '../../lotus-cli/app.ts';
import { buildInfo } from '@sealctl/core/version';
import { workerCommands } from './commands.ts';
import { globalFlags } from './connection.ts';

/** The whole command line of seal-worker. */
export const sealWorker: App = {
  name: 'seal-worker',
  usage: 'sealing worker, compatible with lotus-worker',
  version: () => buildInfo().version,
  flags: globalFlags,
  commands: workerCommands,
};
