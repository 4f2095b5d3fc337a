import { z } from 'zod';

const texts: z.ZodType<readonly string[]> = z.array(z.string());

const displayValueSchema = z
  .discriminatedUnion('show', [
    z.object({
      show: z.literal('value'),
      value: z.union([z.string(), z.number(), z.boolean(), z.null(), texts]),
    }),
    z.object({ show: z.literal('secret') }).describe('A secret: only whether it changes is told.'),
    z.object({
      show: z.literal('unknown'),
      until: z.string().describe('What must happen before it is known.'),
    }),
  ])
  .meta({ id: 'DisplayValue', description: 'A value as it may be shown.' });

/** How a value may be shown: a secret shows as changed or not, never more. */
export type DisplayValue = z.infer<typeof displayValueSchema>;

const range = z.object({
  file: z.string(),
  line: z.int().describe('From 1.'),
  column: z.int().describe('From 1.'),
  endLine: z.int(),
  endColumn: z.int().describe('Exclusive.'),
});

const origin = z
  .object({
    layer: z.string().describe('The layer of cluster.yaml that gave the value.'),
    path: z.string().describe('Dotted path of the key in cluster.yaml.'),
    range: range.optional(),
  })
  .meta({ id: 'Origin', description: 'Where in cluster.yaml a value comes from.' });

/**
 * The impact of a change, lowest first. `live` takes effect by RPC or needs no process at all; `redeclare` is read again by the
 * running worker; `restart` drains and restarts one worker; `miner-restart` freezes every worker for a moment. What would lose data or
 * identity is no change but a finding of severity `error`, which blocks the host.
 */
export const changeClasses = ['live', 'redeclare', 'restart', 'miner-restart'] as const;
export type ChangeClass = (typeof changeClasses)[number];

export const changeClassSchema = z.enum(changeClasses).meta({
  id: 'ChangeClass',
  description: 'The impact of a change, lowest first.',
});

export const fieldChangeSchema = z
  .object({
    field: z.string(),
    before: displayValueSchema,
    after: displayValueSchema,
    class: changeClassSchema,
    cause: z
      .enum(['change', 'drift'])
      .describe('change: cluster.yaml changed. drift: changed on the host since the last apply.'),
    reason: z
      .string()
      .describe('Why this is a change of this class, in a clause: `read only when the worker starts`.'),
    origin: origin.optional(),
  })
  .meta({ id: 'FieldChange' });

/** One field of a resource that differs. */
export type FieldChange = Readonly<z.infer<typeof fieldChangeSchema>>;
