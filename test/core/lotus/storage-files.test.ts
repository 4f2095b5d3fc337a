import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import {
  formatSectorStore,
  formatStorageList,
  newSectorStore,
  parseSectorStore,
  parseStorageList,
} from '../../../src/core/lotus/storage-files.ts';

const asLotusWrites = `{
  "ID": "3f0c6e1a-52f7-4a43-9d57-0d4f3c1b2a19",
  "Weight": 10,
  "CanSeal": true,
  "CanStore": false,
  "MaxStorage": 0,
  "Groups": [
    "rack-a"
  ],
  "AllowTo": null,
  "AllowTypes": null,
  "DenyTypes": null,
  "AllowMiners": null,
  "DenyMiners": null
}`;

describe('sectorstore.json', () => {
  it('is written byte for byte as Lotus writes it', () => {
    const store = {
      ...newSectorStore,
      ID: '3f0c6e1a-52f7-4a43-9d57-0d4f3c1b2a19',
      CanSeal: true,
      Groups: ['rack-a'],
    };
    expect(formatSectorStore(store)).toBe(asLotusWrites);
    expect(formatSectorStore(parseSectorStore(asLotusWrites))).toBe(asLotusWrites);
  });

  it('keeps fields Lotus does not know, after the known ones', () => {
    const text = '{"Shelf":{"row":3},"ID":"a","CanStore":true}';
    const store = parseSectorStore(text);
    expect(store).toMatchObject({ ID: 'a', CanStore: true, Weight: 0, unknown: { Shelf: { row: 3 } } });
    expect(JSON.parse(formatSectorStore(store))).toMatchObject({ ID: 'a', Shelf: { row: 3 } });
  });

  it('finds fields in any case, as Go does', () => {
    expect(parseSectorStore('{"id":"a","canseal":true}')).toMatchObject({ ID: 'a', CanSeal: true });
  });

  it('names every field of a wrong type', () => {
    expect(() => parseSectorStore('{"ID":"a","Weight":"ten","Groups":[1]}')).toThrow(
      'sectorstore.json: Weight must be a whole number of at least 0; Groups must be a list of strings',
    );
    expect(() => parseSectorStore('')).toThrow('sectorstore.json:');
    expect(() => parseSectorStore('[]')).toThrow('expected a JSON object');
  });

  it('loses nothing on the way through', () => {
    const list = fc.option(fc.array(fc.string()), { nil: null });
    fc.assert(
      fc.property(
        fc.record({
          ID: fc.string(),
          Weight: fc.nat(),
          CanSeal: fc.boolean(),
          CanStore: fc.boolean(),
          MaxStorage: fc.maxSafeNat(),
          Groups: list,
          AllowTo: list,
          AllowTypes: list,
          DenyTypes: list,
          AllowMiners: list,
          DenyMiners: list,
        }),
        (store) => {
          expect(parseSectorStore(formatSectorStore(store))).toEqual(store);
        },
      ),
    );
  });
});

describe('storage.json', () => {
  it('is written as Lotus writes it and keeps what Lotus would drop', () => {
    const text =
      '{\n  "StoragePaths": [\n    {\n      "Path": "/mnt/seal0",\n      "Note": "left bay"\n    }\n  ]\n}';
    expect(formatStorageList(parseStorageList(text))).toBe(text);
  });

  it('has null paths for a worker without local storage', () => {
    const text = '{\n  "StoragePaths": null\n}';
    expect(parseStorageList(text)).toEqual({ StoragePaths: null });
    expect(formatStorageList({ StoragePaths: null })).toBe(text);
  });

  it('refuses a list that is none', () => {
    expect(() => parseStorageList('{"StoragePaths":{}}')).toThrow('StoragePaths is not a list');
    expect(() => parseStorageList('{"StoragePaths":[{"Path":3}]}')).toThrow('Path must be a string');
  });
});
