import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileMaskOf } from '../../../../src/core/lotus/sector-file.ts';
import { removeLeftovers, partialFiles } from '../../../../src/daemons/base/storage/partial-files.ts';
import { makeHosts, sector, sized, type Host, type Hosts } from '../transfer/hosts.ts';

const maker = { call: { Sector: sector, ID: 'c' }, method: 'SealPreCommit1' };
let hosts: Hosts;
let host: Host;

beforeEach(async () => {
  hosts = await makeHosts();
  host = await hosts.add('a');
});
afterEach(() => hosts.tidy());

async function begin() {
  const signal = new AbortController().signal;
  const request = { ...sized, existing: [], allocate: ['sealed'], use: 'sealing', mode: 'move' } as const;
  const held = await host.files.acquire({ ...request, signal });
  await held.begin(['sealed'], maker);
  await writeFile(held.file('sealed'), 'half');
  return held;
}
const holders = () => hosts.index.findSector(sector, fileMaskOf(['sealed']), 2048, false);

describe('a file that is being made', () => {
  it('is neither declared nor offered until it is declared as the only one', async () => {
    const held = await begin();
    await host.storage.redeclare(null, true);
    expect(holders()).toEqual([]);
    expect(await host.storage.filesOf(sector, 'sealed')).toEqual([]);
    expect(await partialFiles(host.path)).toMatchObject([{ file: held.file('sealed'), maker }]);

    await held.declareAsOnly(['sealed']);
    await host.storage.redeclare(null, true);
    expect(holders()).toHaveLength(1);
    expect(await host.storage.filesOf(sector, 'sealed')).toHaveLength(1);
    expect(await partialFiles(host.path)).toEqual([]);
  });

  it('goes with its mark, whether it is discarded or the sector is removed', async () => {
    for (const remove of [
      async () => (await begin()).discard(['sealed']),
      async () => {
        await begin();
        await host.storage.remove(sector, 'sealed', []);
      },
    ]) {
      await remove();
      expect(existsSync(join(host.path, 'sealed/s-t01000-7'))).toBe(false);
      expect(await partialFiles(host.path)).toEqual([]);
    }
  });
});

it('leftovers of downloads go with their manifests, except those that are awaited and what is not ours', async () => {
  const directory = join(host.path, 'cache/fetching');
  await mkdir(join(directory, 's-t01000-7'), { recursive: true });
  for (const name of ['s-t01000-7.manifest', 's-t01000-8.unseal', 's-t01000-9', 's-t01000-7.making', 'notes'])
    await writeFile(join(directory, name), '');
  expect(await removeLeftovers(host.path, (name) => name === 's-t01000-9')).toBe(3);
  expect((await readdir(directory)).sort()).toEqual(['notes', 's-t01000-7.making', 's-t01000-9']);
});
