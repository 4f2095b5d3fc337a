import { join } from 'node:path/posix';

/** Directories that only an initialized repo of a daemon has. */
export const keystoreDirectory = 'keystore';
export const datastoreDirectory = 'datastore';

/** The file in which a running daemon with this repo writes its listen multiaddr. */
export function apiFile(repo: string): string {
  return join(repo, 'api');
}

/** The file with the admin token of a daemon with this repo. */
export function tokenFile(repo: string): string {
  return join(repo, 'token');
}
