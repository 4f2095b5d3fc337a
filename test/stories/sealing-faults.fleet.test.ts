import { faultyProxy, type FaultyProxy } from './faulty-proxy.ts';
import { openFleetGround, type FleetGround } from './fleet-ground.ts';
import { sealingCluster, sealingHosts, type SealingGround } from './sealing-cluster.ts';
import { diskFaultWhileSealing } from './sealing-faults-disk.ts';
import { sealingFaultStories } from './sealing-faults.ts';
import { openStage } from './stage.ts';

let proxy: FaultyProxy;

/** Real hosts freeze as a whole, are cut off at their cable, and lose their power. */
async function open(): Promise<SealingGround & FleetGround> {
  const ground = await openFleetGround(sealingHosts, [{ path: '/srv/seal', size: '192m' }]);
  const { fleet } = ground;
  proxy = await faultyProxy(fleet.controllerAddress, ground.host('worker-1').listen(0));
  return {
    ...ground,
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
      await ground.close();
    },
  };
}

const stage = openStage(open, (ground) => sealingCluster(ground, proxy));
sealingFaultStories(stage, (tools) => diskFaultWhileSealing(stage, tools));
