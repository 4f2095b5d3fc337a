import { join } from 'node:path/posix';

/** Directories that only an initialized repo of a daemon has. */
export const keystoreDirectory = 'keystore';
export const datastoreDirectory = 'datastore';

/** Where a running daemon with this repo writes the multiaddr it listens on. */
export function apiFile(repo: string): string {
  return join(repo, 'api');
}

/** Where a daemon with this repo keeps its admin token. */
export function tokenFile(repo: string): string {
  return join(repo, 'token');
}
