import { openSandboxGround } from './sandbox-ground.ts';
import { severalWorkersCluster, severalWorkersStories } from './several-workers.ts';
import { openStage } from './stage.ts';

severalWorkersStories(openStage(() => openSandboxGround(['node-1', 'box-1']), severalWorkersCluster));
