import { inSteps } from '../projects/steps.ts';
import { openFleetGround } from './fleet-ground.ts';
import { keptSecretStories, unreadableSecretStories } from './kept-secrets.ts';
import { killedApplyStories, smallCluster } from './killed-applies.ts';
import { openStage } from './stage.ts';

const stage = openStage(() => openFleetGround(['miner-1', 'worker-1', 'worker-2']), smallCluster);
inSteps('file');
keptSecretStories(stage);
unreadableSecretStories(stage);
killedApplyStories(stage, 25);
