import type { z } from 'zod';

/**
 * A map of cluster.yaml that hosts may have and that one kind reads. Defaults, profiles and the host itself may each set entries of it. The
 * entries are merged; a stronger layer replaces an entry of a weaker one.
 */
export interface HostSetting<Schema extends z.ZodObject, Value> {
  /** The map in a layer; every entry is optional. The reference page shows its descriptions. */
  readonly schema: Schema;
  /** Makes the value from the merged entries, with built-in values for entries that no layer sets. */
  readonly read: (stated: z.input<Schema>) => Value;
}

/** Returns the setting as given; infers its types. */
export function hostSetting<Schema extends z.ZodObject, Value>(
  setting: HostSetting<Schema, Value>,
): HostSetting<Schema, Value> {
  return setting;
}
