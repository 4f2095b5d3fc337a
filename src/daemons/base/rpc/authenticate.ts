import type { IncomingMessage } from 'node:http';
import { defaultPermissions, type Permission } from '@sealctl/core/lotus/permission';

/** The permissions of a token, or undefined when it is not valid. */
export type Authenticate = (token: string) => Promise<readonly Permission[] | undefined>;

/**
 * The permissions of the sender of a request: its token comes in `Authorization: Bearer` or in `?token=`. Undefined means 401: the token is
 * bad, or the header has another form. Without any token a caller may read. Source: docs/spec/lotus.md section 8.4.
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
