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
    summary: `${path} has too little free space: ${missing} bytes more are needed`,
    why: `${available} of ${capacity} bytes are neither used nor set aside for running tasks`,
    fix: 'wait until running tasks have moved their files on, or attach another storage path',
  });
}

export function duplicate(id: string, first: string, second: string) {
  return fail({
    code: 'duplicate-storage-path',
    summary: first === second ? `${first} is open already` : `${first} and ${second} have the same ID ${id}`,
    why: 'the ID in sectorstore.json is the identity of one storage path',
    fix:
      first === second
        ? 'list it once in storage.json'
        : `if one is a copy of the other, delete its ${second}/sectorstore.json and attach it anew`,
  });
}

export function changedId(path: string, was: string, id: string) {
  return fail({
    code: 'storage-id-changed',
    summary: `${path} has the ID ${id} now and had ${was} when it was opened`,
    why: 'the ID is the identity of a storage path for ever',
    fix: `write the ID ${was} back into ${path}/sectorstore.json`,
  });
}
