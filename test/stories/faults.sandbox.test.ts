import { daemonFaultStories } from './faults-daemons.ts';
import { hostKeyFaultStories } from './faults-host-keys.ts';
import { standing } from './faults.ts';
import { storageFaultStories } from './faults-storage.ts';
import { smallCluster } from './killed-applies.ts';
import { openSandboxTestbed } from './sandbox-testbed.ts';
import { openFixture } from './fixture.ts';

const fixture = openFixture(() => openSandboxTestbed(['miner-1', 'worker-1', 'worker-2']), smallCluster);
standing(fixture);
storageFaultStories(fixture);
hostKeyFaultStories(fixture);
daemonFaultStories(fixture);
