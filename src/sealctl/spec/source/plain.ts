/** What YAML and JSON can hold once read. */
export type Plain = string | number | boolean | null | PlainList | PlainMap;
export type PlainList = Plain[];
export interface PlainMap {
  [key: string]: Plain;
}

export function isPlainMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path, undefined where the path leads nowhere. */
export function valueAt(root: Plain, path: readonly PropertyKey[]): Plain | undefined {
  let value: Plain | undefined = root;
  for (const step of path) value = stepInto(value, step);
  return value;
}

/** One step down; only own keys count. */
export function stepInto(value: Plain | undefined, step: PropertyKey): Plain | undefined {
  if (Array.isArray(value)) return value[Number(step)];
  return isPlainMap(value) && Object.hasOwn(value, String(step)) ? value[String(step)] : undefined;
}
