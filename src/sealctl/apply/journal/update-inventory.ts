import type { Inventory } from '../../host/probe/facts.ts';
import { rememberedHost, type FleetHost, type FleetReader } from '../../observe/fleet.ts';
import type { Spec } from '../../spec/spec.ts';
import type { HostExecutor, StepContext } from '../executor/ports.ts';

/** The results of an apply that the inventory records. */
export interface InventoryUpdate {
  /** Hosts on which every step was done. */
  readonly done: readonly string[];
  /** Git revision of cluster.yaml, when all of it was applied and it lies in a git repository. */
  readonly revision: string | undefined;
}

/**
 * Brings the inventory on the miner's host up to date after an apply. Hosts removed from cluster.yaml are struck out once nothing of
 * sealctl's is left on them: each is read once more for that, and one on which anything is left stays, so that the next plan still
 * sees it. `portOf` opens the miner's host, where the inventory lies, if there is anything to write.
 */
export async function updateInventory(
  { done, revision }: InventoryUpdate,
  spec: Spec,
  minerHost: FleetHost,
  fleet: FleetReader,
  portOf: (host: string) => Promise<HostExecutor>,
  context: StepContext,
): Promise<void> {
  const named = new Set(spec.hosts.map(({ name }) => name));
  const removed = done.filter((name) => !named.has(name));
  if (removed.length === 0 && revision === undefined) return;
  const { inventory } = await (await fleet.reader(minerHost)).probe([]);
  if (inventory === undefined) return;
  const bare = new Set<string>();
  for (const host of inventory.hosts.filter(({ name }) => removed.includes(name))) {
    const { manifest } = await (await fleet.reader(rememberedHost(host, minerHost.ssh))).probe([]);
    if (manifest.length === 0) bare.add(host.name);
  }
  const next = inventoryAfter(inventory, bare, revision);
  if (next === inventory) return;
  const port = await portOf(minerHost.name);
  await port.run({ do: 'write-inventory', inventory: next }, context);
}

/** The inventory without some hosts and with the revision that was applied; the same object when nothing is new. */
export function inventoryAfter(
  inventory: Inventory,
  struck: ReadonlySet<string>,
  revision: string | undefined,
): Inventory {
  const hosts = inventory.hosts.filter(({ name }) => !struck.has(name));
  const applied = revision ?? inventory.revision;
  if (hosts.length === inventory.hosts.length && applied === inventory.revision) return inventory;
  return { revision: applied, hosts };
}
