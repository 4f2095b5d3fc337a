import { z } from 'zod';

/** The read-only type of the values that a schema accepts. */
export type Answer<Schema extends z.ZodType> = Immutable<z.infer<Schema>>;
type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;

export const list = <Item extends z.ZodType>(item: Item) => z.array(item);

/** A JSON object used as a map. */
export const map = <Item extends z.ZodType>(item: Item) => z.record(z.string(), item);

/** Go writes empty lists and maps as null, and older peers leave out what they do not know: both are null here. */
export const orNull = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? null);

/** As Go reads it: what is absent or null is zero. */
export const orZero = (schema: z.ZodNumber) => schema.nullish().transform((value) => value ?? 0);

/** As Go reads it: what is absent or null is false. */
export const orFalse = (schema: z.ZodBoolean) => schema.nullish().transform((value) => value ?? false);

/** A part that readers of the answer do not rely on: let through as it is. */
export const unread = <T>() => z.custom<T>();

/** Reads a value; where it differs from the schema, throws what `failure` makes of the first difference, such as `Info.Hostname: expected string`. */
export function readAnswer(schema: z.ZodType, value: unknown, failure: (problem: string) => Error): unknown {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw failure(issue === undefined ? error.message : problemOf(issue));
}

function problemOf(issue: z.core.$ZodIssue): string {
  const place = issue.path.reduce<string>((text, step) => {
    if (typeof step === 'string' && /^[A-Za-z_]\w*$/.test(step))
      return text === '' ? step : `${text}.${step}`;
    return `${text}[${typeof step === 'symbol' ? String(step) : JSON.stringify(step)}]`;
  }, '');
  const expected =
    issue.code === 'invalid_type'
      ? `expected ${expectedNames[issue.expected] ?? issue.expected}`
      : issue.message;
  return place === '' ? expected : `${place}: ${expected}`;
}

const expectedNames: Readonly<Record<string, string>> = { record: 'object' };
