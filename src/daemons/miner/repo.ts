import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import { sectorSizes, type SectorSize } from '@sealctl/core/lotus/sector-size';
import { datastoreDirectory } from '@sealctl/core/lotus/repo-layout';
import { exists, isRepoInitialized, makeRepo, readIfThere, writeWhole } from '../base/repo-files.ts';
import { initSectorStore, writeStorageList } from '../base/storage/store-file.ts';
import { renderDefaultConfig } from './config/render.ts';
import { createTokenSecret } from './tokens.ts';

export const configFile = 'config.toml';
const identityFile = join(datastoreDirectory, 'miner.json');

/** The identity of this miner. */
export interface MinerIdentity {
  /** The storage provider's actor, such as `f01000`. */
  readonly actor: string;
  readonly sectorSize: SectorSize;
  /** The owner's address, if given. */
  readonly owner?: string;
}

const identitySchema = z.object({
  actor: z.string(),
  sectorSize: z.enum(sectorSizes.map((size) => size.name)),
  owner: z.string().optional(),
});

/**
 * Creates a miner repo: keystore, admin token, `config.toml`, `storage.json` and, unless `noLocalStorage`, a storage path in the repo
 * itself. An existing `config.toml` is kept. Rejects for an initialized repo; leaves nothing behind on failure.
 */
export async function initMinerRepo(
  repo: string,
  identity: MinerIdentity,
  options: { readonly noLocalStorage: boolean },
): Promise<void> {
  if (await isRepoInitialized(repo))
    throw fail({
      code: 'repo-exists',
      summary: `${repo} already has a miner`,
      fix: 'choose another --miner-repo, or run the existing miner',
    });
  const isNew = !(await exists(repo));
  try {
    await makeRepo(repo);
    await createTokenSecret(repo);
    // The miner must use a configuration that an operator or sealctl has written before.
    if (!(await exists(join(repo, configFile)))) {
      await writeWhole(join(repo, configFile), renderDefaultConfig(true), 0o644);
    }
    await writeStorageList(repo, { StoragePaths: options.noLocalStorage ? null : [{ Path: repo }] });
    if (!options.noLocalStorage) await initSectorStore(repo, { CanSeal: true, CanStore: true });
    // Written last: a repo with an identity is complete.
    await writeWhole(join(repo, identityFile), `${JSON.stringify(identity, null, 2)}\n`, 0o644);
  } catch (error) {
    if (isNew) await rm(repo, { recursive: true, force: true });
    throw error;
  }
}

/** Reads the identity of a miner; rejects with a problem when the repo has none. */
export async function readIdentity(repo: string): Promise<MinerIdentity> {
  const file = join(repo, identityFile);
  const text = await readIfThere(file);
  if (text === undefined)
    throw fail({
      code: 'repo-missing',
      summary: `${repo} has no miner`,
      why: `${file} is missing`,
      fix: `run 'seal-miner init --actor=f01000 --sector-size=32GiB' first, or set LOTUS_MINER_PATH`,
    });
  try {
    const { owner, ...identity } = identitySchema.parse(JSON.parse(text));
    return owner === undefined ? identity : { ...identity, owner };
  } catch (error) {
    throw fail(
      { code: 'repo-broken', summary: `${file} cannot be read`, why: messageOf(error) },
      { cause: error },
    );
  }
}
