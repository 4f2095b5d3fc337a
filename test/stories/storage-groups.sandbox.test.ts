import { inSteps } from '../projects/steps.ts';
import { storageGroupCluster } from './cluster-file.ts';
import { driftStories } from './drift.ts';
import { editStories } from './edits.ts';
import { operationStories } from './operations.ts';
import { rootlessPowerStory } from './power.ts';
import { provisioningStory } from './provisioning.ts';
import { openSandboxTestbed } from './sandbox-testbed.ts';
import { savedPlanStories } from './saved-plans.ts';
import { openFixture } from './fixture.ts';
import { workingFleetStories } from './working-fleet.ts';

const fixture = openFixture(
  () => openSandboxTestbed(['miner-1', 'worker-1', 'worker-2', 'worker-3']),
  storageGroupCluster,
);
inSteps('file');
provisioningStory(fixture);
editStories(fixture);
driftStories(fixture);
savedPlanStories(fixture);
operationStories(fixture);
workingFleetStories(fixture);
rootlessPowerStory(fixture);
