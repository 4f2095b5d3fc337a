import nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Lets Node keep the compiled code of this program between runs, where this Node can (22.1 and later): compiling is a quarter of what a short
 * command costs. The code is kept in `$XDG_CACHE_HOME/sealctl` or `~/.cache/sealctl`, not below `/tmp` as Node would do: code that
 * another user could have written must not run. Where it cannot be kept, the program runs without.
 */
export function enableCompileCache(): void {
  const { enableCompileCache: enable } = nodeModule as {
    enableCompileCache?: (directory: string) => unknown;
  };
  const { XDG_CACHE_HOME: caches = '' } = process.env;
  enable?.(join(caches === '' ? join(homedir(), '.cache') : caches, 'sealctl'));
}
