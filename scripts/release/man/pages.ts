import { sealBench } from '../../../src/daemons/cli/seal-bench/application.ts';
import { sealMiner } from '../../../src/daemons/cli/seal-miner/application.ts';
import { sealWorker } from '../../../src/daemons/cli/seal-worker/application.ts';
import { sealctlApplication } from '../../../src/sealctl/cli/core/application.ts';
import { processContext } from '../../../src/sealctl/cli/core/process-context.ts';
import { rootCommand } from '../../../src/daemons/lotus-cli/app.ts';
import type { Program } from '../programs.ts';
import { commandsOfLotusCli } from './from-lotus-cli.ts';
import { commandsOfStricli } from './from-stricli.ts';
import { manPage, type PageFoot } from './page.ts';

/** The manual page of a program. */
export function manPageOf(program: Program['name'], foot: PageFoot): string {
  switch (program) {
    case 'sealctl':
      return manPage(commandsOfStricli('sealctl', sealctlApplication(processContext()).root), foot);
    case 'seal-worker':
      return manPage(commandsOfLotusCli(rootCommand(sealWorker)), foot);
    case 'seal-miner':
      return manPage(commandsOfLotusCli(rootCommand(sealMiner)), foot);
    case 'seal-bench':
      return manPage(commandsOfLotusCli(rootCommand(sealBench)), foot);
  }
}
