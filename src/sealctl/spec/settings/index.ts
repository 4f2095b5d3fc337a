import type { z } from 'zod';
import type { HostSetting } from './host-setting.ts';
import { logs } from './logs.ts';

/** Maps of a host that belong to one kind each, by their key in cluster.yaml. */
export const hostSettings = { logs } as const;

type Known = typeof hostSettings;

/** The values of the settings that some layer of a host states. */
export type HostSettings = {
  readonly [Key in keyof Known]?: Known[Key] extends HostSetting<z.ZodObject, infer Value> ? Value : never;
};

/** The keys as any layer of a host may give them. */
export const hostSettingKeys = Object.fromEntries(
  Object.entries(hostSettings).map(([key, { schema }]) => [key, schema.optional()]),
) as { readonly [Key in keyof Known]: z.ZodOptional<Known[Key]['schema']> };
