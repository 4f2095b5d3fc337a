import { chmod, lstat, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { datastoreDirectory, keystoreDirectory } from '@sealctl/core/lotus/repo-layout';

/** True when the repo was initialized, in Lotus's sense: it has a datastore or a keystore. */
export async function isRepoInitialized(repo: string): Promise<boolean> {
  return (await exists(join(repo, datastoreDirectory))) || (await exists(join(repo, keystoreDirectory)));
}

/**
 * Creates the directory of a repo if it is missing. Only the daemon's account may access it; created parent directories are traversable by
 * all.
 */
export async function makeRepo(repo: string): Promise<void> {
  await mkdir(dirname(repo), { recursive: true });
  await mkdir(repo, { recursive: true, mode: 0o700 });
}

/** True when the path exists, whatever its type. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
}

/** The text of a file; undefined where the file does not exist. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces a file atomically: after a crash, and for a reader, it has the old content or the new. */
export async function writeWhole(
  path: string,
  content: string | Iterable<string>,
  mode: number,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', mode);
  try {
    await writeFile(file, content);
    await file.sync();
    await file.close();
    // `open` applies the umask; chmod sets the exact mode.
    await chmod(temporary, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
