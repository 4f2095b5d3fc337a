import { fail } from '@sealctl/core/problem/problem';
import type { ApiInfo } from '@sealctl/core/lotus/api-info';
import type { Environment } from '@sealctl/core/lotus/resource-env';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import type { WorkerApi } from '@sealctl/core/lotus/worker-api';
import { daemonClient, findDaemon } from '../daemon-client.ts';
import { expandHome } from '../home.ts';
import type { Flag, FlagValues } from '../../lotus-cli/flag.ts';

/** The global flags of every command. */
export const globalFlags: readonly Flag[] = [
  {
    name: 'worker-repo',
    aliases: ['workerrepo'],
    type: 'string',
    default: '~/.lotusworker',
    env: ['LOTUS_WORKER_PATH', 'WORKER_PATH'],
    usage: 'repo of the worker',
  },
  {
    name: 'miner-repo',
    aliases: ['storagerepo'],
    type: 'string',
    default: '~/.lotusminer',
    env: ['LOTUS_MINER_PATH', 'LOTUS_STORAGE_PATH'],
    usage: 'repo of a miner on this host, where MINER_API_INFO is not set',
  },
  {
    name: 'enable-gpu-proving',
    type: 'bool',
    default: true,
    env: ['LOTUS_WORKER_ENABLE_GPU_PROVING'],
    usage: 'use GPUs, and offer them to the miner',
  },
];

type Where = { readonly global: FlagValues; readonly env: Environment };

/** The repo a command works on. */
export function workerRepo({ global }: Pick<Where, 'global'>): string {
  return expandHome(global.text('worker-repo'));
}

/** A client for the running worker. */
export function workerClient({ global, env }: Where): Promise<RpcClient<WorkerApi>> {
  return daemonClient<WorkerApi>({
    name: 'seal-worker',
    repo: workerRepo({ global }),
    variables: ['WORKER_API_INFO'],
    env,
  });
}

/** Address and token of the miner this worker belongs to. Rejects with a problem when there is no token. */
export async function minerOfWorker({ global, env }: Where): Promise<ApiInfo & { readonly token: string }> {
  const repo = expandHome(global.text('miner-repo'));
  const info = await findDaemon({
    name: 'miner',
    repo,
    variables: ['MINER_API_INFO', 'STORAGE_API_INFO'],
    env,
  });
  const { token, address } = info;
  if (token === undefined)
    throw fail({
      code: 'token-missing',
      summary: 'MINER_API_INFO has no token before the address',
      why: 'a worker needs an admin token',
      fix: `put the output of 'auth api-info --perm=admin' on the miner into MINER_API_INFO`,
    });
  return { token, address };
}
