import { inSteps } from '../projects/steps.ts';
import { openFleetTestbed } from './fleet-testbed.ts';
import { keptSecretStories, unreadableSecretStories } from './kept-secrets.ts';
import { killedApplyStories, smallCluster } from './killed-applies.ts';
import { openFixture } from './fixture.ts';

const fixture = openFixture(() => openFleetTestbed(['miner-1', 'worker-1', 'worker-2']), smallCluster);
inSteps('file');
keptSecretStories(fixture);
unreadableSecretStories(fixture);
killedApplyStories(fixture, 25);
