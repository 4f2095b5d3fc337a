/** Says of a value where it differs from what it should be, such as `Info.Hostname is no text`; undefined when it does not. */
export type Shape = (value: unknown, at: string) => string | undefined;

export const text: Shape = (value, at) => (typeof value === 'string' ? undefined : `${at} is no text`);

export const number: Shape = (value, at) =>
  typeof value === 'number' && Number.isFinite(value) ? undefined : `${at} is no number`;

export const yesOrNo: Shape = (value, at) =>
  typeof value === 'boolean' ? undefined : `${at} is neither true nor false`;

/** What is not looked at. */
export const anything: Shape = () => undefined;

/** Go writes empty lists and maps as null, and older peers leave out what they do not know. */
export function maybe(shape: Shape): Shape {
  return (value, at) => (value === null || value === undefined ? undefined : shape(value, at));
}

export function listOf(item: Shape): Shape {
  return (value, at) => {
    if (!Array.isArray(value)) return `${at} is no list`;
    for (const [index, each] of value.entries()) {
      const problem = item(each, `${at}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** A JSON object used as a map. */
export function mapOf(item: Shape): Shape {
  return (value, at) => {
    if (!isObject(value)) return `${at} is no object`;
    for (const [key, each] of Object.entries(value)) {
      const problem = item(each, `${at}[${JSON.stringify(key)}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** Fields that are not named may be there, too. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  const all = Object.entries(fields);
  return (value, at) => {
    if (!isObject(value)) return `${at} is no object`;
    for (const [name, shape] of all) {
      const problem = shape(value[name], `${at}.${name}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
