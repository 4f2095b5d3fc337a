import { fail } from '@sealctl/core/problem/problem';

export function unknownId(id: string) {
  return fail({
    code: 'unknown-storage-path',
    summary: `no storage path with the ID ${id} is open here`,
  });
}

export function noFreeSpaceFor(path: string, missing: number, capacity: number, available: number) {
  return fail({
    code: 'no-free-space',
    summary: `${path} needs ${missing} more bytes of free space`,
    why: `${available} of ${capacity} bytes are neither used nor reserved by running tasks`,
    fix: 'wait until running tasks have moved their files on, or attach another storage path',
  });
}

export function duplicate(id: string, first: string, second: string) {
  return fail({
    code: 'duplicate-storage-path',
    summary: first === second ? `${first} is already open` : `${first} and ${second} have the same ID ${id}`,
    why: 'the ID in sectorstore.json identifies one storage path',
    fix:
      first === second
        ? 'list it once in storage.json'
        : `if one is a copy of the other, delete its ${second}/sectorstore.json and attach it again`,
  });
}

export function changedId(path: string, was: string, id: string) {
  return fail({
    code: 'storage-id-changed',
    summary: `the ID of ${path} changed from ${was} to ${id} while it was open`,
    why: 'the ID of a storage path never changes',
    fix: `restore the ID ${was} in ${path}/sectorstore.json`,
  });
}

export function unknownPath(path: string, attached: readonly string[]) {
  return fail({
    code: 'unknown-storage-path',
    summary: `${path} is not a storage path of this daemon`,
    fix: `use a path from the list: ${attached.join(', ') || 'there is none'}`,
  });
}
