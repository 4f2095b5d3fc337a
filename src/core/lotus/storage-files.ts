import { FormatError } from './format-error.ts';

/**
 * `sectorstore.json` of a storage path under Lotus's names (storiface.LocalStorageMeta). `ID` is the path's identity for ever. Weight
 * ranks allocation; MaxStorage in bytes, 0 for unlimited. Groups: what this path belongs to. AllowTo: groups that may fetch from it.
 */
export interface SectorStore {
  readonly ID: string;
  readonly Weight: number;
  readonly CanSeal: boolean;
  readonly CanStore: boolean;
  readonly MaxStorage: number;
  readonly Groups: readonly string[] | null;
  readonly AllowTo: readonly string[] | null;
  readonly AllowTypes: readonly string[] | null;
  readonly DenyTypes: readonly string[] | null;
  readonly AllowMiners: readonly string[] | null;
  readonly DenyMiners: readonly string[] | null;
  /** Fields Lotus does not know, in the order of the file; written back after the known ones. */
  readonly unknown?: Readonly<Record<string, unknown>>;
}

/** `storage.json` of a repo: the storage paths its daemon opens at start, in order. */
export interface StorageList {
  readonly StoragePaths:
    readonly { readonly Path: string; readonly unknown?: Readonly<Record<string, unknown>> }[] | null;
  readonly unknown?: Readonly<Record<string, unknown>>;
}

/** Name of the file in a storage path and of the list in a repo. */
export const sectorStoreFile = 'sectorstore.json';
export const storageListFile = 'storage.json';

/** The defaults of `storage attach --init`. */
export const newSectorStore: Omit<SectorStore, 'ID'> = {
  Weight: 10,
  CanSeal: false,
  CanStore: false,
  MaxStorage: 0,
  Groups: null,
  AllowTo: null,
  AllowTypes: null,
  DenyTypes: null,
  AllowMiners: null,
  DenyMiners: null,
};

type FieldKind = 'text' | 'count' | 'switch' | 'list';
const storeFields: Readonly<Record<keyof Omit<SectorStore, 'unknown'>, FieldKind>> = {
  ID: 'text',
  Weight: 'count',
  CanSeal: 'switch',
  CanStore: 'switch',
  MaxStorage: 'count',
  Groups: 'list',
  AllowTo: 'list',
  AllowTypes: 'list',
  DenyTypes: 'list',
  AllowMiners: 'list',
  DenyMiners: 'list',
};

/**
 * Reads `sectorstore.json`: field names in any case, missing fields as zero values, unknown fields kept. Throws a `FormatError` that
 * names every field of a wrong type.
 */
export function parseSectorStore(text: string): SectorStore {
  const { known, unknown } = split(objectOf(text, sectorStoreFile), storeFields, sectorStoreFile);
  return { ...(known as unknown as SectorStore), ...unknown };
}

/** The text Lotus writes: fields in its order, two spaces, no newline at the end; unknown fields follow. */
export function formatSectorStore(store: SectorStore): string {
  const { unknown, ...known } = store;
  const ordered = Object.keys(storeFields).map((field) => [field, known[field as keyof typeof known]]);
  return JSON.stringify({ ...Object.fromEntries(ordered), ...unknown }, null, 2);
}

/** Reads `storage.json`; throws a `FormatError` when it has another form. */
export function parseStorageList(text: string): StorageList {
  const { known, unknown } = split(objectOf(text, storageListFile), { StoragePaths: 'any' }, storageListFile);
  const paths = known['StoragePaths'] ?? null;
  if (paths === null) return { StoragePaths: null, ...unknown };
  if (!Array.isArray(paths)) throw new FormatError(`${storageListFile}: StoragePaths is not a list`);
  return {
    StoragePaths: paths.map((entry: unknown) => {
      const path = split(recordOf(entry, storageListFile), { Path: 'text' }, storageListFile);
      return { Path: path.known['Path'] as string, ...path.unknown };
    }),
    ...unknown,
  };
}

/** The text Lotus writes for `storage.json`. */
export function formatStorageList(list: StorageList): string {
  const paths = list.StoragePaths?.map(({ Path, unknown }) => ({ Path, ...unknown })) ?? null;
  return JSON.stringify({ StoragePaths: paths, ...list.unknown }, null, 2);
}

function objectOf(text: string, file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${file}: ${error instanceof Error ? error.message : 'not JSON'}`, {
      cause: error,
    });
  }
  return recordOf(value, file);
}

function recordOf(value: unknown, file: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FormatError(`${file}: expected a JSON object`);
  return value as Readonly<Record<string, unknown>>;
}

/** Go's decoder: a field is found by its exact name first, else by its name in another case; null leaves the zero value. */
function split(
  record: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, FieldKind | 'any'>>,
  file: string,
): {
  readonly known: Readonly<Record<string, unknown>>;
  readonly unknown: { readonly unknown?: Readonly<Record<string, unknown>> };
} {
  const known: Record<string, unknown> = {};
  const wrong: string[] = [];
  const names = Object.keys(record);
  const taken: string[] = [];
  for (const [field, kind] of Object.entries(fields)) {
    const found = field in record ? field : names.find((name) => name.toLowerCase() === field.toLowerCase());
    if (found !== undefined) taken.push(found);
    const value = found === undefined ? null : (record[found] ?? null);
    if (value !== null && !isOfKind(value, kind)) wrong.push(`${field} must be ${kindText[kind]}`);
    known[field] = value ?? zeroValue[kind];
  }
  if (wrong.length > 0) throw new FormatError(`${file}: ${wrong.join('; ')}`);
  const rest = names.filter((name) => !taken.includes(name));
  if (rest.length === 0) return { known, unknown: {} };
  return { known, unknown: { unknown: Object.fromEntries(rest.map((name) => [name, record[name]])) } };
}

const kindText: Readonly<Record<FieldKind | 'any', string>> = {
  text: 'a string',
  count: 'a whole number of at least 0',
  switch: 'true or false',
  list: 'a list of strings',
  any: 'anything',
};
const zeroValue: Readonly<Record<FieldKind | 'any', unknown>> = {
  text: '',
  count: 0,
  switch: false,
  list: null,
  any: null,
};

function isOfKind(value: unknown, kind: FieldKind | 'any'): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'count':
      return typeof value === 'number' && Number.isInteger(value) && value >= 0;
    case 'switch':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'any':
      return true;
  }
}
