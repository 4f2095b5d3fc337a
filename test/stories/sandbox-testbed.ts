import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../free-ports.ts';
import { startSandbox, type Sandbox } from '../sandbox/host.ts';
import { testbedOf, type Testbed, type TestHost } from './testbed.ts';

/** Daemons a story may put on one host. */
const daemonsPerHost = 3;

/** A testbed whose hosts can lose their power. */
export interface SandboxTestbed extends Testbed {
  readonly sandbox: Sandbox;
}

/** Set to 1, it leaves the hosts of a sandbox up and its files in place when the test file ends. */
const keepVariable = 'SEALCTL_KEEP_SANDBOX';

/** Hosts without root and without systemd, on loopback. */
export async function openSandboxTestbed(names: readonly string[]): Promise<SandboxTestbed> {
  const keep = process.env[keepVariable] === '1';
  const directory = mkdtempSync(join(tmpdir(), 'sealctl-story-'));
  const sandbox = await startSandbox({ hosts: names, directory: join(directory, 'hosts'), keep });
  const testbed = testbedOf({
    hosts: await sandboxHosts(sandbox),
    services: 'supervisor',
    defaults: sandboxDefaults(sandbox),
    sshConfigFile: sandbox.sshConfigFile,
    workspace: join(directory, 'home'),
    disconnect: (host) => sandbox.act('stop-ssh', host),
    reconnect: (host) => sandbox.act('start-ssh', host),
    close: async () => {
      if (keep) {
        process.stderr.write(
          `${directory} stays up; end it with: npx tsx test/sandbox/end.ts ${directory}\n`,
        );
        return;
      }
      await sandbox.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  });
  return { ...testbed, sandbox };
}

/** The hosts of a sandbox as cluster.yaml must name them. */
export async function sandboxHosts(sandbox: Sandbox): Promise<TestHost[]> {
  // They share one loopback interface, so that no port may be used twice.
  const ports = await freePorts(sandbox.hosts.length * daemonsPerHost);
  return sandbox.hosts.map(({ name, address, user, port, root }, index) => ({
    name,
    keys: { address, ssh: { user, port }, root: `${root}/sealctl` },
    data: root,
    listen: (daemon) => `${address}:${ports[index * daemonsPerHost + daemon] ?? 0}`,
  }));
}

/** What all hosts of a sandbox have in common. */
export function sandboxDefaults({ identityFile, knownHostsFile }: Sandbox): Testbed['defaults'] {
  return {
    services: 'supervisor',
    ssh: { identityFile, knownHosts: knownHostsFile },
    env: labEnvironment,
  };
}

/** Hosts of a test lab may allow fewer open files than Lotus asks for. */
export const labEnvironment = { SEAL_WORKER_MIN_NOFILE: '1024' };
