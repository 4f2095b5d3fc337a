import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { killGroups, makeGroups, powerOf, setFrozen } from './cgroup.ts';
import { diskArguments, mountRoot, rootOf, unmountBelow } from './disk.ts';
import { hostFolder, machineName } from './places.ts';
import type { FleetRecord, HostRecord } from './record.ts';
import { execOverSsh } from './ssh.ts';
import { until } from './until.ts';

const runner = join(import.meta.dirname, 'run-host.sh');
const bootWithinMs = 120_000;
const shutdownWithinMs = 60_000;

/** Boots a host and waits until its systemd says `running` over ssh. Nothing happens to a host that is on. */
export async function powerOn(record: FleetRecord, host: HostRecord): Promise<void> {
  if (powerOf(machineName(record.fleet, host.name)) === 'off') {
    await powerCut(record.fleet, host.name);
    await mountRoot(record, host.name);
    await plugIntoMains(record.fleet, host);
  }
  await waitUntilRunning(record, host);
}

/** Waits until a host that is booting, or was told to reboot, is fully up. Says what failed when its systemd is not content. */
export async function waitUntilRunning(record: FleetRecord, host: HostRecord): Promise<void> {
  const machine = machineName(record.fleet, host.name);
  const state = await until(`${host.name} to boot`, bootWithinMs, async () => {
    if (powerOf(machine) === 'off')
      throw new Error(`${host.name} ended while booting:\n${consoleOf(record.fleet, host.name)}`);
    const answer = await execOverSsh(record, host.name, ['systemctl', 'is-system-running', '--wait']);
    return answer.exitCode === 255 || answer.stdout === '' ? undefined : answer.stdout;
  });
  if (state === 'running') return;
  const failed = await execOverSsh(record, host.name, ['systemctl', '--failed', '--no-legend', '--plain']);
  throw new Error(`${host.name} booted to '${state}':\n${failed.stdout}`);
}

/** Shuts a host down in order, as its power button does. Its disks stay. */
export async function powerOff(fleet: string, host: string): Promise<void> {
  const machine = machineName(fleet, host);
  const pidFile = pidFileOf(fleet, host);
  if (powerOf(machine) === 'frozen') await setFrozen(machine, false);
  if (powerOf(machine) === 'on' && existsSync(pidFile)) {
    // systemd-nspawn passes this on as its --kill-signal.
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
    await until(`${host} to shut down`, shutdownWithinMs, () => powerOf(machine) === 'off' || undefined);
  }
  await powerCut(fleet, host);
}

/** Takes the power away at once, whatever the host is doing. Its disks stay. */
export async function powerCut(fleet: string, host: string): Promise<void> {
  await killGroups(machineName(fleet, host));
  await unmountBelow(rootOf(fleet, host));
}

/** The last lines of what a host wrote to its console. */
export function consoleOf(fleet: string, host: string): string {
  const file = consoleFileOf(fleet, host);
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n') : '';
}

/** Starts the process that is the host's power; it outlives this one. */
async function plugIntoMains(fleet: string, host: HostRecord): Promise<void> {
  const machine = machineName(fleet, host.name);
  const log = openSync(consoleFileOf(fleet, host.name), 'a');
  const argv = [makeGroups(machine).join(' '), pidFileOf(fleet, host.name), ...nspawnArguments(fleet, host)];
  const child = spawn(runner, argv, { detached: true, stdio: ['ignore', log, log], env: nspawnEnvironment });
  child.unref();
  closeSync(log);
  await until(`power of ${host.name}`, 10_000, () => powerOf(machine) === 'on' || undefined);
}

const nspawnEnvironment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1',
  // Sysctls of the network belong to the host's own namespace; all others are this machine's and stay read-only.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network',
  SYSTEMD_NSPAWN_LOCK: '0',
};

function nspawnArguments(fleet: string, host: HostRecord): string[] {
  const machine = machineName(fleet, host.name);
  return [
    '--boot',
    `--directory=${rootOf(fleet, host.name)}`,
    `--machine=${machine}`,
    `--hostname=${host.name}`,
    `--network-namespace-path=/run/netns/${machine}`,
    '--capability=CAP_NET_ADMIN,CAP_SYS_RESOURCE',
    '--kill-signal=SIGRTMIN+4',
    '--register=no',
    '--keep-unit',
    '--settings=no',
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    '--console=read-only',
    ...diskArguments(fleet, host),
  ];
}

function consoleFileOf(fleet: string, host: string): string {
  return join(hostFolder(fleet, host), 'console.log');
}

function pidFileOf(fleet: string, host: string): string {
  return join(hostFolder(fleet, host), 'nspawn.pid');
}
