import { builtIn, pickEntries, type Layer, type OriginCache } from './layers.ts';
import { hostSettings, type HostSettings } from './settings/index.ts';
import type { Origin } from './spec.ts';

/** Merges the settings in the layers of a host, and records in `found` the layer of each entry. */
export function readHostSettings(
  layers: readonly Layer<object>[],
  origins: OriginCache,
  found: Record<string, Origin>,
): HostSettings {
  const settings: Record<string, unknown> = {};
  for (const [key, { schema, read }] of Object.entries(hostSettings)) {
    const entries = pickEntries<never>(layers, key, (entry) => entry);
    if (entries.size === 0) continue;
    for (const entry of Object.keys(schema.shape)) {
      const picked = entries.get(entry);
      found[`${key}.${entry}`] =
        picked === undefined ? builtIn(`defaults.${key}.${entry}`) : origins.of(picked);
    }
    settings[key] = read(Object.fromEntries([...entries].map(([entry, { value }]) => [entry, value])));
  }
  return settings;
}
