import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFleet, type Fleet, type FleetOptions } from '../fleet/fleet.ts';
import { testbedOf, type Testbed } from './testbed.ts';
import { labEnvironment } from './sandbox-testbed.ts';

/** A testbed whose hosts can lose their power. */
export interface FleetTestbed extends Testbed {
  readonly fleet: Fleet;
}

/** Real Debian hosts with systemd, root and OpenSSH; `disks` are disks of limited size that each of them has. */
export async function openFleetTestbed(
  names: readonly string[],
  disks: FleetOptions['disks'] = [],
): Promise<FleetTestbed> {
  const directory = mkdtempSync(join(tmpdir(), 'sealctl-story-'));
  const fleet = await startFleet({ hosts: names, disks });
  const testbed = testbedOf({
    hosts: fleet.hosts.map(({ name, address }) => ({
      name,
      keys: { address },
      data: '/srv',
      listen: (daemon) => `${address}:${3456 + daemon}`,
    })),
    services: 'systemd',
    defaults: {
      ssh: {
        user: 'root',
        become: 'none',
        identityFile: fleet.identityFile,
        knownHosts: fleet.knownHostsFile,
      },
      env: labEnvironment,
    },
    sshConfigFile: fleet.sshConfigFile,
    workspace: join(directory, 'home'),
    disconnect: (host) => fleet.cut(host, 'reset'),
    reconnect: (host) => fleet.heal(host),
    close: async () => {
      await fleet.down();
      rmSync(directory, { recursive: true, force: true });
    },
  });
  return { ...testbed, fleet };
}
