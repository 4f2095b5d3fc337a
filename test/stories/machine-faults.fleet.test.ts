import { clockFaultStories } from './faults-clock.ts';
import { diskFaultStories } from './faults-disk.ts';
import { networkFaultStories } from './faults-network.ts';
import { standing } from './faults.ts';
import { openFleetGround } from './fleet-ground.ts';
import { smallCluster } from './killed-applies.ts';
import { openStage } from './stage.ts';

const stage = openStage(() => openFleetGround(['miner-1', 'worker-1', 'worker-2']), smallCluster);
standing(stage);
diskFaultStories(stage);
networkFaultStories(stage);
clockFaultStories(stage);
