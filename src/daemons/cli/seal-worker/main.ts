import { runProgram } from '../program.ts';
import { buildInfo } from '@sealctl/core/version';
import { commands } from './commands.ts';
import { globalFlags } from './connection.ts';

runProgram({
  name: 'seal-worker',
  usage: 'sealing worker, compatible with lotus-worker',
  version: () => buildInfo().version,
  flags: globalFlags,
  commands,
});
