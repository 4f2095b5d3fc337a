import { chmod, lstat, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { datastoreDirectory, keystoreDirectory } from '@sealctl/core/lotus/repo-layout';

/** True when the repo was initialized, in Lotus's sense: it has a datastore or a keystore. */
export async function isRepoInitialized(repo: string): Promise<boolean> {
  return (await exists(join(repo, datastoreDirectory))) || (await exists(join(repo, keystoreDirectory)));
}

/** Makes the directory of a repo where there is none: for the daemon's account alone, below parents that others may pass. */
export async function makeRepo(repo: string): Promise<void> {
  await mkdir(dirname(repo), { recursive: true });
  await mkdir(repo, { recursive: true, mode: 0o700 });
}

/** True when something, of whatever type, is there. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
}

/** Text of a file, or undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a whole file or nothing: a reader, or a crash, meets the old content or the new. */
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
    // `open` honors the umask; the mode here is the one that is meant.
    await chmod(temporary, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
