import type { z } from 'zod';

/**
 * A map of cluster.yaml that hosts may have and that one kind reads. Defaults, profiles and the host itself may each state a part of it;
 * the parts are merged entry by entry, a stronger layer replacing the entry of a weaker one.
 */
export interface HostSetting<Schema extends z.ZodObject, Value> {
  /** The map as a layer states it; every entry is optional. Its descriptions are those of the reference page. */
  readonly schema: Schema;
  /** Makes the value from the merged entries, with built-in values for those that no layer states. */
  readonly read: (stated: z.input<Schema>) => Value;
}

/** Returns the setting as given; infers its types. */
export function hostSetting<Schema extends z.ZodObject, Value>(
  setting: HostSetting<Schema, Value>,
): HostSetting<Schema, Value> {
  return setting;
}
