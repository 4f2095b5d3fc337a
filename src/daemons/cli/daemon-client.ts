import { fail } from '@sealctl/core/problem/problem';
import { parseApiInfo, parseMultiaddr, rpcUrl, type ApiInfo } from '@sealctl/core/lotus/api-info';
import type { Environment } from '@sealctl/core/lotus/resource-env';
import { makeRpcClient, type MethodTable, type RpcClient } from '@sealctl/core/lotus/rpc-client';
import { apiFile, tokenFile } from '@sealctl/core/lotus/repo-layout';
import { readIfThere } from '../base/repo-files.ts';

/** The daemon that a command calls, and the sources of its address and token. */
export interface DaemonSource {
  /** Name in messages. */
  readonly name: string;
  readonly repo: string;
  /** The API info variables in order of precedence; all have precedence over the repo. */
  readonly variables: readonly string[];
  readonly env: Environment;
}

/** Finds address and token of a daemon: in a variable, else in the `api` and `token` files of its repo. */
export async function findDaemon({ name, repo, variables, env }: DaemonSource): Promise<ApiInfo> {
  for (const variable of variables) {
    const text = env[variable];
    if (text !== undefined && text !== '') return parseApiInfo(text);
  }
  const api = await readIfThere(apiFile(repo));
  if (api === undefined)
    throw fail({
      code: 'daemon-not-running',
      summary: `no ${name} is running on the repo ${repo}`,
      why: `there is no ${apiFile(repo)}, which a running ${name} writes`,
      fix: `start it, choose another repo, or set ${variables[0]}`,
    });
  const token = (await readIfThere(tokenFile(repo)))?.trim();
  const address = parseMultiaddr(api);
  return token === undefined ? { address } : { token, address };
}

/** A client for the daemon of `findDaemon`. */
export async function daemonClient<Api extends MethodTable>(source: DaemonSource): Promise<RpcClient<Api>> {
  const { address, token } = await findDaemon(source);
  return makeRpcClient<Api>({ url: rpcUrl(address), ...(token === undefined ? {} : { token }) });
}
