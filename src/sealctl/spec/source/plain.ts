/** A value of YAML or JSON. */
export type Plain = string | number | boolean | null | PlainList | PlainMap;
export type PlainList = Plain[];
export interface PlainMap {
  [key: string]: Plain;
}

export function isPlainMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path; undefined where the path does not exist. */
export function valueAt(root: Plain, path: readonly PropertyKey[]): Plain | undefined {
  let value: Plain | undefined = root;
  for (const step of path) value = stepInto(value, step);
  return value;
}

/** The value of a key or index; only own keys count. */
export function stepInto(value: Plain | undefined, step: PropertyKey): Plain | undefined {
  if (Array.isArray(value)) return value[Number(step)];
  return isPlainMap(value) && Object.hasOwn(value, String(step)) ? value[String(step)] : undefined;
}
