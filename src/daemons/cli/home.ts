import { homedir } from 'node:os';
import { join } from 'node:path';

/** A path with a leading `~` replaced by the home directory. */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
