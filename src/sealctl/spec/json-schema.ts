import { z } from 'zod';
import { clusterFile, clusterPart } from './schema/cluster.ts';

/** JSON Schema (draft 2020-12) of cluster.yaml for editors, before defaults are applied. */
export function clusterJsonSchema(): string {
  return jsonSchemaOf(clusterFile, 'cluster.yaml of sealctl');
}

/** JSON Schema of an included file, in which any part may be missing. */
export function clusterPartJsonSchema(): string {
  return jsonSchemaOf(clusterPart, 'A part of cluster.yaml of sealctl, to be included');
}

function jsonSchemaOf(schema: z.ZodType, title: string): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' });
  return `${JSON.stringify({ $schema, title, ...rest }, undefined, 2)}\n`;
}
