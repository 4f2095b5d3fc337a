import { inSteps } from '../projects/steps.ts';
import { openByHand } from './by-hand.ts';
import type { Testbed } from './testbed.ts';
import { connectionStories } from './page-connection.ts';
import { oneMachineStories } from './page-one-machine.ts';
import { storageGroupByteStories } from './page-storage-groups.ts';
import { handStartedWorkerStories } from './page-workers.ts';

export const pageHosts = ['miner-1', 'worker-1', 'worker-2', 'worker-3'] as const;

/** Lotus's page on seal workers, section by section, by hand as it is written there. */
export function sealWorkersPage(open: () => Promise<Testbed>): void {
  const fixture = openByHand(open, pageHosts);
  inSteps('file');
  oneMachineStories(fixture);
  connectionStories(fixture);
  handStartedWorkerStories(fixture);
  storageGroupByteStories(fixture);
}
