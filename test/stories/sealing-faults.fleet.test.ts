import { faultyProxy, type FaultyProxy } from './faulty-proxy.ts';
import { openFleetTestbed, type FleetTestbed } from './fleet-testbed.ts';
import { sealingCluster, sealingHosts, type SealingTestbed } from './sealing-cluster.ts';
import { diskFaultWhileSealing } from './sealing-faults-disk.ts';
import { sealingFaultStories } from './sealing-faults.ts';
import { openFixture } from './fixture.ts';

let proxy: FaultyProxy;

/** Real hosts freeze as a whole, are cut off at their cable, and lose their power. */
async function open(): Promise<SealingTestbed & FleetTestbed> {
  const testbed = await openFleetTestbed(sealingHosts, [{ path: '/srv/seal', size: '192m' }]);
  const { fleet } = testbed;
  proxy = await faultyProxy(fleet.controllerAddress, testbed.host('worker-1').listen(0));
  return {
    ...testbed,
    proxy,
    freeze: (host) => fleet.freeze(host),
    thaw: (host) => fleet.thaw(host),
    lose: (host) => fleet.kill(host),
    cut: () => fleet.cut('worker-1', 'reset'),
    heal: () => fleet.heal('worker-1'),
    powerCut: async () => {
      await Promise.all(sealingHosts.map((host) => fleet.kill(host)));
      await Promise.all(sealingHosts.map((host) => fleet.start(host)));
    },
    close: async () => {
      proxy.close();
      await testbed.close();
    },
  };
}

const fixture = openFixture(open, (testbed) => sealingCluster(testbed, proxy));
sealingFaultStories(fixture, (tools) => diskFaultWhileSealing(fixture, tools));
