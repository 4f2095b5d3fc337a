import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { controllerAddress, hostAddress } from './network.ts';
import { hostFolder } from './places.ts';
import type { FleetRecord, HostRecord } from './record.ts';
import { until } from './until.ts';

/** Where a host's root file system is mounted while it is powered. */
export function rootOf(fleet: string, host: string): string {
  return join(hostFolder(fleet, host), 'root');
}

/** The public half of a host's key, in the two words that known_hosts wants. */
export function hostKeyOf(fleet: string, host: string): string {
  const file = join(upperOf(fleet, host), 'etc/ssh/ssh_host_ed25519_key.pub');
  return readFileSync(file, 'utf8').split(' ').slice(0, 2).join(' ');
}

/** Gives a new host what is its own: name, machine id, host key, who may log in, data disks. */
export async function makeDisk(
  { fleet, network }: FleetRecord,
  host: HostRecord,
  authorizedKey: string,
): Promise<void> {
  const upper = upperOf(fleet, host.name);
  const etc = join(upper, 'etc');
  for (const folder of [join(etc, 'ssh'), workOf(fleet, host.name), rootOf(fleet, host.name)])
    mkdirSync(folder, { recursive: true });
  const addresses = [
    '127.0.0.1 localhost',
    `${hostAddress(network, host.number)} ${host.name}`,
    `${controllerAddress(network)} controller`,
  ];
  writeFileSync(join(etc, 'hostname'), `${host.name}\n`);
  writeFileSync(join(etc, 'hosts'), `${addresses.join('\n')}\n`);
  writeFileSync(join(etc, 'machine-id'), `${randomBytes(16).toString('hex')}\n`);
  writeFileSync(join(etc, 'ssh/authorized_keys'), authorizedKey);
  const key = join(etc, 'ssh/ssh_host_ed25519_key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `root@${host.name}`, '-f', key]);
  for (const [index, disk] of host.disks.entries()) {
    const folder = dataFolder(fleet, host.name, index);
    mkdirSync(folder, { recursive: true });
    await execa('mount', ['-t', 'tmpfs', '-o', `size=${disk.size},mode=0755`, 'sealctl-data', folder]);
  }
}

/** The systemd-nspawn arguments that put a host's data disks where they belong. */
export function diskArguments(fleet: string, host: HostRecord): string[] {
  return host.disks.map((disk, index) => `--bind=${dataFolder(fleet, host.name, index)}:${disk.path}`);
}

export async function mountRoot({ fleet, base }: FleetRecord, host: string): Promise<void> {
  const layers = `lowerdir=${base},upperdir=${upperOf(fleet, host)},workdir=${workOf(fleet, host)}`;
  await execa('mount', ['-t', 'overlay', 'sealctl-host', '-o', layers, rootOf(fleet, host)]);
}

/** Unmounts all that is mounted at or below a folder, innermost first. */
export async function unmountBelow(folder: string): Promise<void> {
  await until(`${folder} unmounted`, 20_000, async () => {
    const points = mountPoints().filter((point) => point === folder || point.startsWith(`${folder}/`));
    // A mount can be busy for the moments in which the last processes of a host are reaped.
    for (const point of points.reverse()) await execa('umount', [point], { reject: false });
    return points.length === 0 ? true : undefined;
  });
}

/** Every mount point of this machine, outer ones first. */
export function mountPoints(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
  return lines.map((line) => (line.split(' ')[4] ?? '').replaceAll(String.raw`\040`, ' '));
}

export function hasDisk(fleet: string, host: string): boolean {
  return existsSync(upperOf(fleet, host));
}

function upperOf(fleet: string, host: string): string {
  return join(hostFolder(fleet, host), 'upper');
}

function workOf(fleet: string, host: string): string {
  return join(hostFolder(fleet, host), 'work');
}

function dataFolder(fleet: string, host: string, index: number): string {
  return join(hostFolder(fleet, host), 'data', String(index));
}
