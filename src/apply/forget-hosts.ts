import { rememberedHost, type FleetHost, type FleetReader } from '../observe/fleet.ts';
import type { Spec } from '../spec/spec.ts';
import type { HostPort, StepContext } from './execute.ts';

/**
 * Strikes hosts that are gone from cluster.yaml out of the inventory once nothing of sealctl's is left on them. Each is read once more
 * for that: a host on which anything is left stays in the inventory, so that the next plan still sees it. `cleaned` are the hosts that
 * were just cleaned; `portOf` opens the miner's host, where the inventory lies, if there is anything to forget.
 */
export async function forgetHosts(
  cleaned: readonly string[],
  spec: Spec,
  minerHost: FleetHost,
  fleet: FleetReader,
  portOf: (host: string) => Promise<HostPort>,
  context: StepContext,
): Promise<void> {
  const named = new Set(spec.hosts.map(({ name }) => name));
  const gone = cleaned.filter((name) => !named.has(name));
  if (gone.length === 0) return;
  const { inventory } = await (await fleet.reader(minerHost)).probe([]);
  if (inventory === undefined) return;
  const bare = new Set<string>();
  for (const host of inventory.hosts.filter(({ name }) => gone.includes(name))) {
    const { manifest } = await (await fleet.reader(rememberedHost(host, minerHost.ssh))).probe([]);
    if (manifest.length === 0) bare.add(host.name);
  }
  if (bare.size === 0) return;
  const hosts = inventory.hosts.filter(({ name }) => !bare.has(name));
  const port = await portOf(minerHost.name);
  await port.run({ do: 'write-inventory', inventory: { ...inventory, hosts } }, context);
}
