import { contendedApplyStories } from './contended-applies.ts';
import { standing } from './faults.ts';
import { interruptedApplyStories } from './interrupted-applies.ts';
import { smallCluster } from './killed-applies.ts';
import { openFleetTestbed } from './fleet-testbed.ts';
import { openFixture } from './fixture.ts';

const fixture = openFixture(() => openFleetTestbed(['miner-1', 'worker-1', 'worker-2']), smallCluster);
standing(fixture);
interruptedApplyStories(fixture, {
  begin: (host) => fixture.testbed.fleet.freeze(host),
  end: (host) => fixture.testbed.fleet.thaw(host),
});
contendedApplyStories(fixture);
