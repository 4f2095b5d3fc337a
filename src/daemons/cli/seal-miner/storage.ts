import { messageOf } from '@sealctl/core/problem/problem';
import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import type { StorageInfo } from '@sealctl/core/lotus/rpc-values';
import { fileTypesIn, type SectorFileMask, type SectorFileTypeName } from '@sealctl/core/lotus/sector-file';
import type { Command } from '../../lotus-cli/app.ts';
import { usage } from '../../lotus-cli/flag.ts';
import { storageCommands } from '../storage-commands.ts';
import { colorWanted } from './color.ts';
import { minerClient } from './connection.ts';
import { storageListText, type ListedPath } from './storage-list.ts';

/** `storage attach|detach|redeclare|list|find|info`. */
export const storageCommand: Command = {
  name: 'storage',
  usage: 'storage paths of the cluster',
  commands: [
    ...storageCommands(minerClient),
    {
      name: 'list',
      usage: 'list all storage paths of the cluster',
      run: async (invocation) => {
        const client = await minerClient(invocation);
        const [sectors, local] = await Promise.all([
          client.call('StorageList', []),
          client.call('StorageLocal', []),
        ]);
        const paths = await Promise.all(
          Object.entries(sectors).map(async ([id, declared]): Promise<ListedPath> => {
            const [info, freeSpace] = await Promise.all([
              client.call('StorageInfo', [id]),
              freeSpaceOf(client, id),
            ]);
            const localPath = local[id];
            return {
              info,
              sectors: declared ?? [],
              freeSpace,
              ...(localPath === undefined ? {} : { localPath }),
            };
          }),
        );
        invocation.out(storageListText(paths, colorWanted(invocation)));
      },
    },
    {
      name: 'find',
      usage: 'list the storage paths that hold files of a sector',
      args: ['SECTOR'],
      run: async (invocation) => {
        const [word = ''] = invocation.args;
        if (!/^\d+$/.test(word))
          throw usage(word, `'${word}' is not a sector number`, 'write a number such as 17');
        const client = await minerClient(invocation);
        const [sectors, local] = await Promise.all([
          client.call('StorageList', []),
          client.call('StorageLocal', []),
        ]);
        const holders = Object.entries(sectors).flatMap(([id, declared]) =>
          (declared ?? [])
            .filter((sector) => sector.Number === Number(word))
            .map((sector) => ({ id, files: sector.SectorFileType })),
        );
        const infos = await Promise.all(holders.map(({ id }) => client.call('StorageInfo', [id])));
        invocation.out(
          holders.map(({ id, files }, index) => foundText(id, files, infos[index], local[id])).join(''),
        );
      },
    },
    {
      name: 'info',
      usage: 'print the index entry of one storage path, as JSON',
      args: ['ID'],
      run: async (invocation) => {
        const client = await minerClient(invocation);
        const info = await client.call('StorageInfo', [invocation.args[0] ?? '']);
        invocation.out(`${JSON.stringify(info, null, 2)}\n`);
      },
    },
  ],
};

const titles: Readonly<Record<SectorFileTypeName, string>> = {
  unsealed: 'Unsealed',
  sealed: 'Sealed',
  cache: 'Cache',
  update: 'Update',
  'update-cache': 'UpdateCache',
  piece: 'Piece',
};

/** One path of `storage find`, in Lotus's layout. Source: docs/spec/lotus.md section 4.9. */
function foundText(
  id: string,
  files: SectorFileMask,
  info: StorageInfo | undefined,
  localPath: string | undefined,
): string {
  const types = fileTypesIn(files);
  const lines = [
    `Sealing: ${info?.CanSeal === true}; Storage: ${info?.CanStore === true}`,
    localPath === undefined ? 'Remote' : `Local (${localPath})`,
    ...(info?.URLs ?? []).map((url) => `URL: ${url}`),
  ];
  const what = types.map((type) => titles[type]).join(', ');
  return `In ${id} (${what})\n${lines.map((line) => `\t${line}\n`).join('')}`;
}

async function freeSpaceOf(client: RpcClient<MinerApi>, id: string): Promise<ListedPath['freeSpace']> {
  const start = performance.now();
  try {
    const stat = await client.call('StorageStat', [id]);
    return { stat, latencyMs: performance.now() - start };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
