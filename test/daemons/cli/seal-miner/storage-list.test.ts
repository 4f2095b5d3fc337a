import { describe, expect, it } from 'vitest';
import { storageListText, type ListedPath } from '../../../../src/daemons/cli/seal-miner/storage-list.ts';

const TiB = 2 ** 40;
const path: ListedPath = {
  info: {
    ID: '3f0c6e1a-52f7-4a43-9d57-0d4f3c1b2a19',
    URLs: ['http://10.0.0.7:3456/remote'],
    Weight: 10,
    MaxStorage: 0,
    CanSeal: true,
    CanStore: false,
    Groups: ['rack-a'],
    AllowTo: ['rack-a'],
    AllowTypes: null,
    DenyTypes: null,
    AllowMiners: null,
    DenyMiners: null,
  },
  sectors: [
    { Miner: 1000, Number: 1, SectorFileType: 7 },
    { Miner: 1000, Number: 2, SectorFileType: 6 },
  ],
  freeSpace: {
    stat: { Capacity: 8 * TiB, Available: 5 * TiB, FSAvailable: 6 * TiB, Reserved: TiB / 2, Max: 0, Used: 0 },
    latencyMs: 1.2345,
  },
};

describe('storage list', () => {
  it('is laid out as in Lotus', () => {
    expect(storageListText([path], false)).toBe(
      `3f0c6e1a-52f7-4a43-9d57-0d4f3c1b2a19:
\t[#########***                                      ] 2 TiB/8 TiB 25%
\tUnsealed: 1; Sealed: 2; Caches: 2; Updated: 0; Update-caches: 0; Reserved: 512 GiB
\tWeight: 10; Use: Seal 
\tGroups: rack-a
\tAllowTo: rack-a
\tURL: http://10.0.0.7:3456/remote (latency: 1.2ms)

`,
    );
  });

  it('shows a limit of its own, file type filters and the local path', () => {
    const limited: ListedPath = {
      ...path,
      info: { ...path.info, CanSeal: false, Groups: null, AllowTo: [], DenyTypes: ['unsealed', 'piece'] },
      freeSpace: {
        stat: { Capacity: 8 * TiB, Available: 0, FSAvailable: 6 * TiB, Reserved: 0, Max: TiB, Used: TiB },
        latencyMs: 0,
      },
      localPath: '/mnt/store',
    };
    expect(storageListText([limited], false)).toContain(
      `\t[############                                      ] 2 TiB/8 TiB 25% (filesystem)
\t[##################################################] 1 TiB/1 TiB 100% (limit)
\tUnsealed: 1; Sealed: 2; Caches: 2; Updated: 0; Update-caches: 0; Reserved: 0 B
\tUse: ReadOnly
\tAllow Types: sealed, cache, update, update-cache
\tDeny Types: unsealed, piece
\tLocal: /mnt/store
\tURL: http://10.0.0.7:3456/remote

`,
    );
    expect(storageListText([limited], true)).toContain('\u001B[31m100%\u001B[39m (limit)');
  });

  it('puts the largest path first and says why one gives no figures', () => {
    const failing: ListedPath = {
      ...path,
      info: { ...path.info, ID: 'a-gone' },
      freeSpace: { error: 'connect ECONNREFUSED' },
    };
    const text = storageListText([failing, path], false);
    expect(text.indexOf('3f0c6e1a')).toBeLessThan(text.indexOf('a-gone'));
    expect(text.endsWith('a-gone:\n\tError: connect ECONNREFUSED\n')).toBe(true);
  });
});
