import type { Environment } from '@sealctl/core/lotus/resource-env';
import { secretName } from '@sealctl/core/secret/literal';

/** The secrets in a daemon's environment: tokens of API infos, and values of variables whose names mark them as secrets. */
export function secretsInEnvironment(env: Environment): string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (name.endsWith('_API_INFO')) return value.split(',').flatMap(tokenOfApiInfo);
    return secretName.test(name) ? [value] : [];
  });
}

/** The token of an API info, also of one that cannot be parsed, since messages quote it. */
function tokenOfApiInfo(text: string): string[] {
  const token = /^(?!\/|\w+:\/\/)[^:\s]+/.exec(text.trim())?.[0];
  return token === undefined ? [] : [token];
}
