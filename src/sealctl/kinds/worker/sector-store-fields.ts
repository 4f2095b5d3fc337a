import type { IndexedPath } from '../../model/observed.ts';
import { sectorStoreFile, type SectorStore } from '@sealctl/core/lotus/storage-files';
import type { StoragePathSpec, OriginKey } from '../../spec/spec.ts';
import type { ChangeClass, FieldChange } from '../../model/field-change.ts';
import type { Resource } from '../../model/kind.ts';
import type { Daemon } from '../daemon/daemon.ts';

/** A storage path: its directory and the `sectorstore.json` that gives it an identity and limits what it may hold. */
export interface SectorStorePath {
  readonly daemon: Daemon;
  readonly storage: StoragePathSpec;
  readonly cluster: string;
}

/** The path of the file of a storage path. */
export function filePath({ path }: StoragePathSpec): string {
  return `${path.replace(/\/+$/, '')}/${sectorStoreFile}`;
}

/** Fields of cluster.yaml as `sectorstore.json` calls them, in its order. */
export function wantedFields({ storage }: SectorStorePath): Omit<SectorStore, 'ID' | 'unknown'> {
  return {
    Weight: storage.weight,
    CanSeal: storage.canSeal,
    CanStore: storage.canStore,
    MaxStorage: storage.maxStorageBytes,
    Groups: listOf(storage.groups),
    AllowTo: listOf(storage.allowTo),
    AllowTypes: listOf(storage.allowTypes),
    DenyTypes: listOf(storage.denyTypes),
    AllowMiners: listOf(storage.allowMiners),
    DenyMiners: listOf(storage.denyMiners),
  };
}

const originKeys: Readonly<Record<keyof ReturnType<typeof wantedFields>, OriginKey>> = {
  Weight: 'weight',
  CanSeal: 'use',
  CanStore: 'use',
  MaxStorage: 'maxStorage',
  Groups: 'groups',
  AllowTo: 'allowTo',
  AllowTypes: 'allowTypes',
  DenyTypes: 'denyTypes',
  AllowMiners: 'allowMiners',
  DenyMiners: 'denyMiners',
};

/** The miner's index entry of a path, under the names of the file. */
export function indexedFields(indexed: IndexedPath): Partial<SectorStore> {
  return {
    Weight: indexed.weight,
    CanSeal: indexed.canSeal,
    CanStore: indexed.canStore,
    MaxStorage: indexed.maxStorageBytes,
    Groups: listOf(indexed.groups),
    AllowTo: listOf(indexed.allowTo),
    AllowTypes: listOf(indexed.allowTypes),
    DenyTypes: listOf(indexed.denyTypes),
    AllowMiners: listOf(indexed.allowMiners),
    DenyMiners: listOf(indexed.denyMiners),
  };
}

function listOf(list: readonly string[]): readonly string[] | null {
  return list.length === 0 ? null : list;
}

/** The fields in which what is there differs from what is wanted; without anything there, those that are set at all. */
export function compared(
  { desired, origins }: Resource<SectorStorePath>,
  before: Partial<SectorStore> | undefined,
  cause: FieldChange['cause'],
  classOf: (field: string) => ChangeClass,
): FieldChange[] {
  const after = wantedFields(desired);
  return (Object.keys(after) as (keyof typeof after)[]).flatMap((field): FieldChange[] => {
    const found = before?.[field] ?? null;
    // To Lotus an empty list and none are the same.
    const was = Array.isArray(found) && found.length === 0 ? null : found;
    const now = after[field];
    if (isSame(was, now)) return [];
    const changeClass = classOf(field);
    const origin = origins[originKeys[field]];
    return [
      {
        field,
        before: { show: 'value', value: was },
        after: { show: 'value', value: now },
        class: changeClass,
        cause,
        reason:
          before === undefined
            ? 'a new path'
            : reasons[changeClass === 'redeclare' ? 'redeclare' : 'restart'],
        ...(origin === undefined ? {} : { origin }),
      },
    ];
  });
}

function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

const reasons = {
  redeclare: 'the running worker reads the file again when the path is redeclared',
  restart: 'the running worker keeps the limit it read when the path was attached',
} as const;
