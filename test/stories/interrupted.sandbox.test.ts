import { contendedApplyStories } from './contended-applies.ts';
import { standing } from './faults.ts';
import { interruptedApplyStories } from './interrupted-applies.ts';
import { smallCluster } from './killed-applies.ts';
import { openSandboxTestbed } from './sandbox-testbed.ts';
import { openFixture } from './fixture.ts';

const fixture = openFixture(() => openSandboxTestbed(['miner-1', 'worker-1', 'worker-2']), smallCluster);
standing(fixture);
interruptedApplyStories(fixture, {
  begin: (host) => fixture.testbed.sandbox.act('freeze', host),
  end: (host) => fixture.testbed.sandbox.act('thaw', host),
});
contendedApplyStories(fixture);
