import { faultyProxy, type FaultyProxy } from './faulty-proxy.ts';
import { openSandboxTestbed } from './sandbox-testbed.ts';
import { sealingCluster, sealingHosts, type SealingTestbed, type SealingHost } from './sealing-cluster.ts';
import { sealingFaultStories } from './sealing-faults.ts';
import { serviceOf } from './sealing-lab.ts';
import { openFixture } from './fixture.ts';

let proxy: FaultyProxy;

/** Hosts of a sandbox have no power switch and no cable of their own: processes are stopped, and the proxy cuts. */
async function open(): Promise<SealingTestbed> {
  const testbed = await openSandboxTestbed(sealingHosts);
  proxy = await faultyProxy('127.0.0.1', testbed.host('worker-1').listen(0));
  const signal = async (host: SealingHost, name: string): Promise<void> => {
    const pid = await testbed.pid(host, serviceOf(host));
    // A child may end by itself when its parent does.
    const children = `$(cat /proc/${pid}/task/*/children 2>/dev/null || :)`;
    await testbed.shell(
      host,
      `kill -${name} ${pid}; for child in ${children}; do kill -${name} $child 2>/dev/null || :; done`,
    );
  };
  return {
    ...testbed,
    proxy,
    freeze: (host) => signal(host, 'STOP'),
    thaw: (host) => signal(host, 'CONT'),
    // A process that was killed would be started again.
    lose: (host) => signal(host, 'STOP'),
    cut: async () => proxy.cut(),
    heal: async () => proxy.heal(),
    powerCut: async () => {
      await Promise.all(sealingHosts.map((host) => signal(host, 'KILL')));
    },
    close: async () => {
      proxy.close();
      await testbed.close();
    },
  };
}

const fixture = openFixture(open, (testbed) => sealingCluster(testbed, proxy));
sealingFaultStories(fixture);
