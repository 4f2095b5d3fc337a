import { isPermission, permissions, permissionsUpTo } from '@sealctl/core/lotus/permission';
import { formatMultiaddr } from '@sealctl/core/lotus/api-info';
import { usage, type Flag } from '../../lotus-cli/flag.ts';
import type { Command, Invocation } from '../../lotus-cli/app.ts';
import { minerApiInfo, minerClient } from './connection.ts';

const permFlag: Flag = {
  name: 'perm',
  type: 'string',
  default: '',
  usage: `permission of the token, with all weaker ones: ${permissions.join(', ')}`,
};

/** `auth create-token|api-info`. */
export const authCommand: Command = {
  name: 'auth',
  usage: 'create tokens',
  commands: [
    {
      name: 'create-token',
      usage: 'print a new token',
      flags: [permFlag],
      examples: ['seal-miner auth create-token --perm=admin'],
      run: async (invocation) => invocation.out(`${await newToken(invocation)}\n`),
    },
    {
      name: 'api-info',
      usage: 'print a MINER_API_INFO with a new token',
      flags: [permFlag],
      examples: ['seal-miner auth api-info --perm=read'],
      run: async (invocation) => {
        const token = await newToken(invocation);
        const { address } = await minerApiInfo(invocation);
        if (['0.0.0.0', '::'].includes(address.host))
          invocation.err(
            `WARNING: the miner listens on every address; replace ${address.host} with an address that workers can reach\n`,
          );
        invocation.out(`MINER_API_INFO=${token}:${formatMultiaddr(address, '/http')}\n`);
      },
    },
  ],
};

async function newToken(invocation: Invocation): Promise<string> {
  const level = invocation.flags.text('perm');
  if (!isPermission(level))
    throw usage(
      '--perm',
      level === '' ? '--perm is missing' : `'${level}' is not a permission`,
      `write --perm=${permissions.join('|')}`,
    );
  const client = await minerClient(invocation);
  const encoded = await client.call('AuthNew', [permissionsUpTo(level)]);
  return Buffer.from(encoded, 'base64').toString('utf8');
}
