import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import type { Environment } from '@sealctl/core/lotus/resource-env';
import type { FlagValues, Flag } from '../../lotus-cli/flag.ts';
import { daemonClient, findDaemon } from '../daemon-client.ts';
import { expandHome } from '../home.ts';
import type { ApiInfo } from '@sealctl/core/lotus/api-info';

/** The path of the miner's repo: a global flag of every command. */
export const minerRepoFlag: Flag = {
  name: 'miner-repo',
  aliases: ['storagerepo'],
  type: 'string',
  default: '~/.lotusminer',
  env: ['LOTUS_MINER_PATH', 'LOTUS_STORAGE_PATH'],
  usage: 'repo of the miner',
};

type Where = { readonly global: FlagValues; readonly env: Environment };

/** The repo a command works on. */
export function minerRepoPath({ global }: Pick<Where, 'global'>): string {
  return expandHome(global.text('miner-repo'));
}

/** A client for the running miner. */
export function minerClient(where: Where): Promise<RpcClient<MinerApi>> {
  return daemonClient<MinerApi>(source(where));
}

/** Address and token of the running miner. */
export function minerApiInfo(where: Where): Promise<ApiInfo> {
  return findDaemon(source(where));
}

function source({ global, env }: Where) {
  return {
    name: 'seal-miner',
    repo: minerRepoPath({ global }),
    variables: ['MINER_API_INFO', 'STORAGE_API_INFO'],
    env,
  };
}
