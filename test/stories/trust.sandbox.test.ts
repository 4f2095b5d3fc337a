import { inSteps } from '../projects/steps.ts';
import { keptSecretStories } from './kept-secrets.ts';
import { killedApplyStories, smallCluster } from './killed-applies.ts';
import { openSandboxTestbed } from './sandbox-testbed.ts';
import { openFixture } from './fixture.ts';

const fixture = openFixture(() => openSandboxTestbed(['miner-1', 'worker-1', 'worker-2']), smallCluster);
inSteps('file');
keptSecretStories(fixture);
killedApplyStories(fixture, 6);
