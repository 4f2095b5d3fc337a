import { contendedApplyStories } from './contended-applies.ts';
import { standing } from './faults.ts';
import { interruptedApplyStories } from './interrupted-applies.ts';
import { smallCluster } from './killed-applies.ts';
import { openFleetGround } from './fleet-ground.ts';
import { openStage } from './stage.ts';

const stage = openStage(() => openFleetGround(['miner-1', 'worker-1', 'worker-2']), smallCluster);
standing(stage);
interruptedApplyStories(stage, {
  begin: (host) => stage.ground.fleet.freeze(host),
  end: (host) => stage.ground.fleet.thaw(host),
});
contendedApplyStories(stage);
