import { openSandboxTestbed } from './sandbox-testbed.ts';
import { severalWorkersCluster, severalWorkersStories } from './several-workers.ts';
import { openFixture } from './fixture.ts';

severalWorkersStories(openFixture(() => openSandboxTestbed(['node-1', 'box-1']), severalWorkersCluster));
