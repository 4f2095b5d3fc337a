import { z } from 'zod';
import { isPlainMap, stepInto, valueAt, type Plain } from '../source/plain.ts';
import { secretRef } from './scalars.ts';

type Path = readonly PropertyKey[];

/** The keys that the map at a path of the data may have. */
export function keysOfSchemaAt(schema: z.ZodType, path: Path, data: Plain): string[] {
  return alternatives(schema, path, data).flatMap((found) =>
    found instanceof z.ZodObject ? Object.keys(found.shape) : [],
  );
}

/** True when the value at a path of the data should be a reference to a secret and nothing else. */
export function isSecretAt(schema: z.ZodType, path: Path, data: Plain): boolean {
  return schemasAt(schema, path, data).some((found) => unwrap(found) === secretRef);
}

/** The schemas of the value at a path; a union is replaced by its options that match the kind of value. */
function alternatives(schema: z.ZodType, path: Path, data: Plain): z.ZodType[] {
  const value = valueAt(data, path);
  return schemasAt(schema, path, data).flatMap((found) => branches(found, value));
}

function schemasAt(schema: z.ZodType, path: Path, data: Plain): z.ZodType[] {
  let found: z.ZodType[] = [schema];
  let value: Plain | undefined = data;
  for (const step of path) {
    found = found.flatMap((one) => branches(one, value)).flatMap((one) => childOf(one, step));
    value = stepInto(value, step);
  }
  return found;
}

function branches(schema: z.ZodType, value: Plain | undefined): z.ZodType[] {
  const inner = unwrap(schema);
  if (!(inner instanceof z.ZodUnion)) return [inner];
  return inner.options
    .flatMap((option) => branches(option as z.ZodType, value))
    .filter((option) => {
      if (Array.isArray(value)) return option instanceof z.ZodArray;
      return !isPlainMap(value) || option instanceof z.ZodObject || option instanceof z.ZodRecord;
    });
}

function childOf(schema: z.ZodType, step: PropertyKey): z.ZodType[] {
  if (schema instanceof z.ZodObject) {
    const child = (schema.shape as Record<string, z.ZodType>)[String(step)];
    return child === undefined ? [] : [child];
  }
  if (schema instanceof z.ZodRecord) return [schema.valueType as z.ZodType];
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType];
  return [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return unwrap(schema.unwrap() as z.ZodType);
  return schema;
}
