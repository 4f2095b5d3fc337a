import type { Inventory, InventoryHost } from '../host/probe/facts.ts';
import type { Spec } from '../spec/spec.ts';

/**
 * Hosts that were applied to before and that cluster.yaml no longer has. A machine that goes by another name now is not gone: it would be
 * cleaned under its old name while it is set up under its new one.
 */
export function hostsRemovedFrom(spec: Spec, inventory: Inventory | undefined): InventoryHost[] {
  return notNamed(spec, inventory).filter((host) => !isStillThere(spec, host));
}

/** Entries of the inventory whose machine goes by another name now. */
export function hostsRenamed(spec: Spec, inventory: Inventory | undefined): InventoryHost[] {
  return notNamed(spec, inventory).filter((host) => isStillThere(spec, host));
}

function notNamed(spec: Spec, inventory: Inventory | undefined): InventoryHost[] {
  const names = new Set(spec.hosts.map((host) => host.name));
  return (inventory?.hosts ?? []).filter((host) => !names.has(host.name));
}

function isStillThere(spec: Spec, { address, port, root }: InventoryHost): boolean {
  return spec.hosts.some((host) => host.address === address && host.ssh.port === port && host.root === root);
}
