import { inSteps } from '../projects/steps.ts';
import { openManualCluster } from './manual-cluster.ts';
import type { Testbed } from './testbed.ts';
import { connectionStories } from './walkthrough-connection.ts';
import { oneMachineStories } from './walkthrough-one-machine.ts';
import { storageGroupByteStories } from './walkthrough-storage-groups.ts';
import { manualWorkerStories } from './walkthrough-workers.ts';

export const walkthroughHosts = ['miner-1', 'worker-1', 'worker-2', 'worker-3'] as const;

/** Lotus's page on seal workers, section by section, by hand as it is written there. */
export function sealWorkersWalkthrough(open: () => Promise<Testbed>): void {
  const fixture = openManualCluster(open, walkthroughHosts);
  inSteps('file');
  oneMachineStories(fixture);
  connectionStories(fixture);
  manualWorkerStories(fixture);
  storageGroupByteStories(fixture);
}
