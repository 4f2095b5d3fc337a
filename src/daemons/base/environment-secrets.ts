import type { Environment } from '@sealctl/core/lotus/resource-env';
import { secretName } from '@sealctl/core/secret/literal';

/** The secrets a daemon is given in its environment: tokens before addresses, and the values of variables named after secrets. */
export function secretsInEnvironment(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (name.endsWith('_API_INFO')) return value.split(',').flatMap(tokenOfApiInfo);
    return secretName.test(name) ? [value] : [];
  });
}

/** The token before the address; also of an API info that cannot be parsed, for messages quote it. */
function tokenOfApiInfo(text: string): string[] {
  const token = /^(?!\/|\w+:\/\/)[^:\s]+/.exec(text.trim())?.[0];
  return token === undefined ? [] : [token];
}
