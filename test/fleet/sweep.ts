import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { groupNames, killGroups } from './cgroup.ts';
import { mountPoints, unmountBelow } from './disk.ts';
import { namespaceNames, removeBridge, removeNamespace } from './network.ts';
import { fleetFolder, fleetNames, fleetOfMachine } from './places.ts';
import { isAbandoned, readRecord } from './record.ts';

/** What of a fleet exists on this machine, by kind; all empty after a sweep. */
export interface Remains {
  readonly cgroups: readonly string[];
  readonly mounts: readonly string[];
  readonly namespaces: readonly string[];
  readonly folders: readonly string[];
}

/**
 * Takes away everything that a fleet, and every fleet whose name begins with its name and a dot, made on this machine. It goes by
 * names alone, so it does not matter how far the fleet had come or how its maker ended.
 */
export async function sweep(fleet: string): Promise<void> {
  const { cgroups, namespaces, folders } = remainsOf(fleet);
  await Promise.all(cgroups.map(killGroups));
  for (const name of folders) {
    await unmountBelow(join(fleetFolder(name), 'hosts'));
    const record = readRecord(name);
    if (record !== undefined && !record.ownController) await removeBridge(record.network);
  }
  for (const namespace of namespaces) await removeNamespace(namespace);
  for (const machine of cgroups) removeTracesOfNspawn(machine);
  for (const name of folders) rmSync(fleetFolder(name), { recursive: true });
}

/** Sweeps the fleets whose makers are gone, such as those of a test run that was killed. */
export async function sweepAbandoned(): Promise<void> {
  for (const fleet of fleetNames().filter(isAbandoned)) await sweep(fleet);
}

/** What a fleet has on this machine now. */
export function remainsOf(fleet: string): Remains {
  const belongs = (name: string | undefined): boolean =>
    name === fleet || name?.startsWith(`${fleet}.`) === true;
  const folders = fleetNames().filter(belongs);
  return {
    cgroups: groupNames().filter((name) => belongs(fleetOfMachine(name))),
    mounts: mountPoints().filter((point) =>
      folders.some((name) => point.startsWith(`${fleetFolder(name)}/`)),
    ),
    namespaces: namespaceNames().filter((name) => belongs(fleetOfMachine(name))),
    folders,
  };
}

function removeTracesOfNspawn(machine: string): void {
  for (const kind of ['propagate', 'unix-export'])
    rmSync(join('/run/systemd/nspawn', kind, machine), { recursive: true, force: true });
}
