import { contendedApplyStories } from './contended-applies.ts';
import { standing } from './faults.ts';
import { interruptedApplyStories } from './interrupted-applies.ts';
import { smallCluster } from './killed-applies.ts';
import { openSandboxGround } from './sandbox-ground.ts';
import { openStage } from './stage.ts';

const stage = openStage(() => openSandboxGround(['miner-1', 'worker-1', 'worker-2']), smallCluster);
standing(stage);
interruptedApplyStories(stage, {
  begin: (host) => stage.ground.sandbox.act('freeze', host),
  end: (host) => stage.ground.sandbox.act('thaw', host),
});
contendedApplyStories(stage);
