import { openFleetTestbed } from './fleet-testbed.ts';
import { severalWorkersCluster, severalWorkersStories } from './several-workers.ts';
import { openFixture } from './fixture.ts';

severalWorkersStories(openFixture(() => openFleetTestbed(['node-1', 'box-1']), severalWorkersCluster));
