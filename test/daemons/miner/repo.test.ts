import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissions } from '../../../src/core/lotus/permission.ts';
import { initMinerRepo, readIdentity } from '../../../src/daemons/miner/repo.ts';
import { openTokens } from '../../../src/daemons/miner/tokens.ts';

let home: string;
let repo: string;
const identity = { actor: 'f01000', sectorSize: '32GiB', owner: 'f0100' } as const;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'miner-repo-'));
  repo = join(home, 'miner');
});

afterEach(() => rm(home, { recursive: true }));

const mode = async (file: string): Promise<string> =>
  ((await stat(join(repo, file))).mode & 0o777).toString(8);
const text = (file: string): Promise<string> => readFile(join(repo, file), 'utf8');

describe('a new miner repo', () => {
  it('a new miner repo has the files of Lotus, and only its user can read secrets', async () => {
    await initMinerRepo(repo, identity, { noLocalStorage: false });
    expect(await mode('.')).toBe('700');
    expect(await mode('token')).toBe('600');
    expect(await mode('keystore')).toBe('700');
    expect(await mode('keystore/MF2XI2BNNJ3XILLQOJUXMYLUMU')).toBe('600');
    expect(JSON.parse(await text('storage.json'))).toEqual({ StoragePaths: [{ Path: repo }] });
    expect(JSON.parse(await text('sectorstore.json'))).toMatchObject({
      Weight: 10,
      CanSeal: true,
      CanStore: true,
    });
    expect(await readIdentity(repo)).toEqual(identity);
  });

  it('a new miner repo with noLocalStorage has no storage path of its own', async () => {
    await initMinerRepo(repo, identity, { noLocalStorage: true });
    expect(JSON.parse(await text('storage.json'))).toEqual({ StoragePaths: null });
    await expect(stat(join(repo, 'sectorstore.json'))).rejects.toThrow('ENOENT');
  });

  it('a new miner repo gets parent directories that others may traverse', async () => {
    repo = join(home, 'of/many', 'miner');
    await initMinerRepo(repo, identity, { noLocalStorage: true });
    expect(await mode('.')).toBe('700');
    expect(await mode('..')).toBe('755');
    expect(await mode('../..')).toBe('755');
  });

  it('init refuses a repo that has a miner', async () => {
    await initMinerRepo(repo, identity, { noLocalStorage: true });
    const token = await text('token');
    await expect(initMinerRepo(repo, identity, { noLocalStorage: true })).rejects.toThrow(
      'already has a miner',
    );
    expect(await text('token')).toBe(token);
  });

  it('a missing repo is reported with the command that creates it', async () => {
    await expect(readIdentity(repo)).rejects.toThrow(`${repo} has no miner`);
  });
});

describe('tokens', () => {
  it('tokens carry their permissions; the token file has an admin token', async () => {
    await initMinerRepo(repo, identity, { noLocalStorage: true });
    const tokens = await openTokens(repo);
    expect(await tokens.verify(await text('token'))).toEqual([...permissions]);
    const reader = await tokens.issue(['read']);
    expect(await tokens.verify(reader)).toEqual(['read']);
    expect(JSON.parse(Buffer.from(reader.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: 'HS256',
      typ: 'JWT',
    });
    expect(JSON.parse(Buffer.from(reader.split('.')[1] ?? '', 'base64url').toString())).toEqual({
      Allow: ['read'],
    });
  });

  it('tokens of another miner, and forged, unsigned or malformed ones, are not valid', async () => {
    await initMinerRepo(repo, identity, { noLocalStorage: true });
    await initMinerRepo(join(home, 'other'), identity, { noLocalStorage: true });
    const tokens = await openTokens(repo);
    const foreign = await readFile(join(home, 'other/token'), 'utf8');
    const [, payload = ''] = foreign.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    for (const token of [foreign, unsigned, 'nonsense', ''])
      expect(await tokens.verify(token)).toBeUndefined();
  });

  it('tokens are not made from a secret that others may read', async () => {
    await initMinerRepo(repo, identity, { noLocalStorage: true });
    await chmod(join(repo, 'keystore/MF2XI2BNNJ3XILLQOJUXMYLUMU'), 0o640);
    await expect(openTokens(repo)).rejects.toThrow('may be read by others (mode 640)');
  });
});
