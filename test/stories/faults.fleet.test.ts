import { daemonFaultStories } from './faults-daemons.ts';
import { hostKeyFaultStories } from './faults-host-keys.ts';
import { standing } from './faults.ts';
import { storageFaultStories } from './faults-storage.ts';
import { openFleetGround } from './fleet-ground.ts';
import { smallCluster } from './killed-applies.ts';
import { openStage } from './stage.ts';

const stage = openStage(() => openFleetGround(['miner-1', 'worker-1', 'worker-2']), smallCluster);
standing(stage);
storageFaultStories(stage);
hostKeyFaultStories(stage);
daemonFaultStories(stage);
