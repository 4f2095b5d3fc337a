import { describe, expect, it } from 'vitest';
import { fileMaskOf, type SectorFileTypeName } from '../../../../src/core/lotus/sector-file.ts';
import { newSectorStore } from '../../../../src/core/lotus/storage-files.ts';
import { newSector, type Sector } from '../../../../src/daemons/miner/pipeline/sector.ts';
import { requireKey } from '../../../../src/daemons/miner/sealing/read-back.ts';
import { makeStorageIndex } from '../../../../src/daemons/miner/storage-index.ts';

const stat = { Capacity: 1e9, Available: 1e9, FSAvailable: 1e9, Reserved: 0, Max: 0, Used: 0 };
const plain: Sector = { ...newSector(3, 5, false, 0), state: 'Proving' };
const upgraded: Sector = { ...plain, update: { pieces: [], sealed: 'r', unsealed: 'd' } };

/** Asks for the data of a sector of which a path has these files. */
function unseal(sector: Sector, files: readonly SectorFileTypeName[]): () => void {
  const index = makeStorageIndex(
    () => 0,
    () => undefined,
  );
  index.attach({ ...newSectorStore, ID: 'path', URLs: ['http://w/remote'], CanStore: true }, stat);
  index.declareSector('path', { Miner: 1000, Number: 3 }, fileMaskOf(files), true);
  return () => requireKey(sector, index, 1000);
}

describe('unsealing a sector', () => {
  it('that was upgraded and has neither key nor data is refused with what would help', () => {
    expect(unseal(upgraded, ['cache', 'update', 'update-cache'])).toThrow(
      /sector 3 was upgraded and its key deleted .* 'seal-miner sectors regenerate 3'/,
    );
  });

  it('that was upgraded is taken on where its key was made again, or its data is still there', () => {
    expect(unseal(upgraded, ['sealed', 'cache', 'update'])).not.toThrow();
    expect(unseal(upgraded, ['unsealed', 'cache', 'update'])).not.toThrow();
  });

  it('that was never upgraded waits for its files like any other work', () => {
    expect(unseal(plain, [])).not.toThrow();
  });
});
