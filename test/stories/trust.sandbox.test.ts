import { inSteps } from '../projects/steps.ts';
import { keptSecretStories } from './kept-secrets.ts';
import { killedApplyStories, smallCluster } from './killed-applies.ts';
import { openSandboxGround } from './sandbox-ground.ts';
import { openStage } from './stage.ts';

const stage = openStage(() => openSandboxGround(['miner-1', 'worker-1', 'worker-2']), smallCluster);
inSteps('file');
keptSecretStories(stage);
killedApplyStories(stage, 6);
