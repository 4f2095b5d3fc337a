import { inSteps } from '../projects/steps.ts';
import { storageGroupCluster } from './cluster-file.ts';
import { driftStories } from './drift.ts';
import { editStories } from './edits.ts';
import { openFleetGround } from './fleet-ground.ts';
import { operationStories } from './operations.ts';
import { realHostStories } from './power.ts';
import { provisioningStory } from './provisioning.ts';
import { savedPlanStories } from './saved-plans.ts';
import { openStage } from './stage.ts';
import { workingFleetStories } from './working-fleet.ts';

const stage = openStage(
  () => openFleetGround(['miner-1', 'worker-1', 'worker-2', 'worker-3']),
  storageGroupCluster,
);
inSteps('file');
provisioningStory(stage);
editStories(stage);
driftStories(stage);
savedPlanStories(stage);
operationStories(stage);
workingFleetStories(stage);
realHostStories(stage);
