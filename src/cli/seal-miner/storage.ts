import { messageOf } from '../../problem/problem.ts';
import type { MinerApi } from '../../lotus/miner-api.ts';
import type { RpcClient } from '../../lotus/rpc-client.ts';
import type { Command } from '../urfave/app.ts';
import { storageCommands } from '../storage-commands.ts';
import { colorWanted } from './color.ts';
import { minerClient } from './connection.ts';
import { storageListText, type ListedPath } from './storage-list.ts';

/** `storage attach|detach|redeclare|list|info`. */
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
            const [info, room] = await Promise.all([client.call('StorageInfo', [id]), roomOf(client, id)]);
            const localPath = local[id];
            return { info, sectors: declared ?? [], room, ...(localPath === undefined ? {} : { localPath }) };
          }),
        );
        invocation.out(storageListText(paths, colorWanted(invocation)));
      },
    },
    {
      name: 'info',
      usage: 'print what the index knows of one storage path, as JSON',
      args: ['ID'],
      run: async (invocation) => {
        const client = await minerClient(invocation);
        const info = await client.call('StorageInfo', [invocation.args[0] ?? '']);
        invocation.out(`${JSON.stringify(info, null, 2)}\n`);
      },
    },
  ],
};

async function roomOf(client: RpcClient<MinerApi>, id: string): Promise<ListedPath['room']> {
  const start = performance.now();
  try {
    const stat = await client.call('StorageStat', [id]);
    return { stat, latencyMs: performance.now() - start };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
