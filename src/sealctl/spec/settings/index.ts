import type { z } from 'zod';
import type { HostSetting } from './host-setting.ts';
import { logs } from './logs.ts';

/** Maps of a host that one kind each reads, by their key in cluster.yaml. */
export const hostSettings = { logs } as const;

type Known = typeof hostSettings;

/** The values of the settings that a layer of a host sets. */
export type HostSettings = {
  readonly [Key in keyof Known]?: Known[Key] extends HostSetting<z.ZodObject, infer Value> ? Value : never;
};

/** The keys in a layer of a host. */
export const hostSettingKeys = Object.fromEntries(
  Object.entries(hostSettings).map(([key, { schema }]) => [key, schema.optional()]),
) as { readonly [Key in keyof Known]: z.ZodOptional<Known[Key]['schema']> };
