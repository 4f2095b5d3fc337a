import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatSectorStore,
  newSectorStore,
  parseStorageList,
  sectorStoreFile,
  storageListFile,
} from '@sealctl/core/lotus/storage-files';
import { datastoreDirectory, keystoreDirectory } from '@sealctl/core/lotus/repo-layout';
import { isRepoInitialized, makeRepo, readIfThere, writeWhole } from '../base/repo-files.ts';
import { addToStorageList, writeStorageList } from '../base/storage/store-file.ts';

/**
 * Creates the repo of a worker at its first start: `storage.json` (an existing one keeps its entries), an empty `config.toml`, and unless
 * `noLocalStorage` a sealing path in the repo itself. `id` is the ID of that path. Source: docs/spec/lotus.md section 7.1.
 */
export async function initWorkerRepo(
  repo: string,
  options: { readonly noLocalStorage: boolean; readonly id: string },
): Promise<void> {
  await makeRepo(repo);
  if (await isRepoInitialized(repo)) return;
  const list = await readIfThere(join(repo, storageListFile));
  await writeStorageList(repo, list === undefined ? { StoragePaths: null } : parseStorageList(list));
  if (!options.noLocalStorage) {
    const file = join(repo, sectorStoreFile);
    // Lotus overwrites an existing file, which changes the ID of a path that may have files.
    if ((await readIfThere(file)) === undefined)
      await writeWhole(file, formatSectorStore({ ...newSectorStore, ID: options.id, CanSeal: true }), 0o644);
    await addToStorageList(repo, repo);
  }
  const config = join(repo, 'config.toml');
  if ((await readIfThere(config)) === undefined) await writeWhole(config, '', 0o644);
  await mkdir(join(repo, datastoreDirectory), { recursive: true });
  // Created last: it marks the repo as initialized.
  await mkdir(join(repo, keystoreDirectory), { recursive: true });
  await chmod(join(repo, keystoreDirectory), 0o700);
}
