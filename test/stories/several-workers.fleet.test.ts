import { openFleetGround } from './fleet-ground.ts';
import { severalWorkersCluster, severalWorkersStories } from './several-workers.ts';
import { openStage } from './stage.ts';

severalWorkersStories(openStage(() => openFleetGround(['node-1', 'box-1']), severalWorkersCluster));
