import { daemonFaultStories } from './faults-daemons.ts';
import { hostKeyFaultStories } from './faults-host-keys.ts';
import { standing } from './faults.ts';
import { storageFaultStories } from './faults-storage.ts';
import { smallCluster } from './killed-applies.ts';
import { openSandboxGround } from './sandbox-ground.ts';
import { openStage } from './stage.ts';

const stage = openStage(() => openSandboxGround(['miner-1', 'worker-1', 'worker-2']), smallCluster);
standing(stage);
storageFaultStories(stage);
hostKeyFaultStories(stage);
daemonFaultStories(stage);
