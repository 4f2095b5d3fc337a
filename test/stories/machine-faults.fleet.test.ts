import { clockFaultStories } from './faults-clock.ts';
import { diskFaultStories } from './faults-disk.ts';
import { networkFaultStories } from './faults-network.ts';
import { standing } from './faults.ts';
import { openFleetTestbed } from './fleet-testbed.ts';
import { smallCluster } from './killed-applies.ts';
import { openFixture } from './fixture.ts';

const fixture = openFixture(() => openFleetTestbed(['miner-1', 'worker-1', 'worker-2']), smallCluster);
standing(fixture);
diskFaultStories(fixture);
networkFaultStories(fixture);
clockFaultStories(fixture);
