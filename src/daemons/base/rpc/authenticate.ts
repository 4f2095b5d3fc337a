import type { IncomingMessage } from 'node:http';
import { defaultPermissions, type Permission } from '@sealctl/core/lotus/permission';

/** The permissions of a token, or undefined when it is not valid. */
export type Authenticate = (token: string) => Promise<readonly Permission[] | undefined>;

/**
 * Returns the permissions of the sender of a request, by the token in `Authorization: Bearer` or `?token=`. Undefined means 401: the token
 * is invalid, or the header has another form. A caller without a token has the read permission. Source: docs/spec/lotus.md section 8.4.
 */
export async function authenticateRequest(
  request: Pick<IncomingMessage, 'headers' | 'url'>,
  authenticate: Authenticate,
): Promise<readonly Permission[] | undefined> {
  const header = request.headers.authorization;
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams.get('token');
  if (header === undefined || header === '')
    return query === null || query === '' ? defaultPermissions : authenticate(query);
  return header.startsWith('Bearer ') ? authenticate(header.slice('Bearer '.length).trim()) : undefined;
}
