import { runProgram } from '../program.ts';
import { version } from '@sealctl/core/version';
import { commands } from './commands.ts';
import { globalFlags } from './connection.ts';

runProgram({
  name: 'seal-worker',
  usage: 'sealing worker, compatible with lotus-worker',
  version,
  flags: globalFlags,
  commands,
});
