import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Fleets live here, one folder each. It must not be on an overlay itself. */
export const fleetsFolder = '/var/tmp/sealctl-fleet';

/** Where the base root file system is kept between runs. */
export const cacheFolder = join(process.env['XDG_CACHE_HOME'] ?? '/var/cache', 'sealctl-fleet');

/**
 * Fleet names are dotted (`test.4711.1`) and hold no dash, host names hold no dot, so `sealctl-FLEET-HOST` names one host's namespace,
 * control group and machine beyond doubt.
 */
export function assertNames(fleet: string, hosts: readonly string[]): void {
  if (!/^[a-z][a-z0-9]*(?:\.[a-z0-9]+)*$/.test(fleet) || fleet.length > 40)
    throw new Error(`fleet name '${fleet}': use up to 40 of a-z, 0-9 and inner dots`);
  for (const host of hosts) {
    if (!/^[a-z][a-z0-9-]{0,15}$/.test(host) || host === 'controller')
      throw new Error(
        `host name '${host}': use up to 16 of a-z, 0-9 and dash, a letter first, not 'controller'`,
      );
  }
}

/** The name of a host's namespace, control group and machine. */
export function machineName(fleet: string, host: string): string {
  return `sealctl-${fleet}-${host}`;
}

/** The fleet that a machine name belongs to, or undefined when it is none of ours. */
export function fleetOfMachine(name: string): string | undefined {
  return /^sealctl-([a-z0-9.]+)-/.exec(name)?.[1];
}

export function fleetFolder(fleet: string): string {
  return join(fleetsFolder, fleet);
}

export function hostFolder(fleet: string, host: string): string {
  return join(fleetFolder(fleet), 'hosts', host);
}

/** The fleets that have a folder, running or left behind. */
export function fleetNames(): string[] {
  return existsSync(fleetsFolder) ? readdirSync(fleetsFolder).sort((a, b) => a.localeCompare(b)) : [];
}
