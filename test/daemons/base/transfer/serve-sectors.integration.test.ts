import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createUnsealedFile,
  keepOnly,
  markPresent,
  readPresent,
} from '../../../../src/daemons/base/storage/unsealed-file.ts';
import { byteRangeOf } from '../../../../src/daemons/base/transfer/serve-sectors.ts';
import { makeHosts, plant, sector, type Host, type Hosts } from './hosts.ts';

let hosts: Hosts;
let host: Host;

beforeEach(async () => {
  hosts = await makeHosts();
  host = await hosts.add('a');
});

afterEach(() => hosts.tidy());

const ask = (
  path: string,
  init: { method?: string; headers?: Record<string, string> } = {},
  token = 'good',
) =>
  fetch(`http://127.0.0.1:${host.port}/remote/${path}`, {
    ...init,
    headers: { Authorization: `Bearer ${token}`, ...init.headers },
  });

describe('the sector files of a daemon over HTTP', () => {
  it('need the admin permission, each of them', async () => {
    await plant(hosts, host, 'sealed', 2, 100);
    for (const [path, method] of [
      ['sealed/s-t01000-7', 'GET'],
      ['sealed/s-t01000-7', 'DELETE'],
      ['manifest/sealed/s-t01000-7', 'GET'],
      ['unsealed/s-t01000-7/5/allocated/0/127', 'GET'],
    ] as const) {
      expect((await ask(path, { method }, 'bad')).status).toBe(401);
    }
    expect(existsSync(join(host.path, 'sealed/s-t01000-7'))).toBe(true);
  });

  it('come whole or by range, a directory as tar without ranges', async () => {
    const content = await plant(hosts, host, 'sealed', 2, 100);
    const whole = await ask('sealed/s-t01000-7');
    expect([whole.status, whole.headers.get('content-length')]).toEqual([200, '100']);
    expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true);
    const part = await ask('sealed/s-t01000-7', { headers: { Range: 'bytes=90-' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 90-99/100']);
    expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(90))).toBe(true);
    expect((await ask('sealed/s-t01000-7', { headers: { Range: 'bytes=100-' } })).status).toBe(416);

    await plant(hosts, host, 'cache', 4, 64, 'p_aux');
    const tar = await ask('cache/s-t01000-7');
    expect(tar.headers.get('content-type')).toBe('application/x-tar');
    expect(
      Buffer.from(await tar.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe('p_aux');
    expect((await ask('cache/s-t01000-7', { headers: { Range: 'bytes=0-9' } })).status).toBe(500);
    expect((await ask('cache/s-t01000-7?file=..%2F..%2Fsectorstore.json')).status).toBe(500);
    expect((await ask('strange/s-t01000-7')).status).toBe(500);
    expect((await ask('sealed/s-t01000-8')).status).toBe(500);
  });

  it('are deleted but on the paths to keep, the index first', async () => {
    await plant(hosts, host, 'sealed', 2, 100);
    expect((await ask(`sealed/s-t01000-7?keep=other.${host.id}`, { method: 'DELETE' })).status).toBe(200);
    expect(existsSync(join(host.path, 'sealed/s-t01000-7'))).toBe(true);
    expect((await ask('sealed/s-t01000-7?keep=other', { method: 'DELETE' })).status).toBe(200);
    expect(existsSync(join(host.path, 'sealed/s-t01000-7'))).toBe(false);
    expect(hosts.index.findSector(sector, 2, 2048, false)).toEqual([]);
    expect((await ask('sealed/s-t01000-7', { method: 'DELETE' })).status).toBe(500);
  });

  it('tell which ranges of an unsealed file are there', async () => {
    const file = join(host.path, 'unsealed/s-t01000-7');
    const present = async (offset: number, size: number): Promise<number> =>
      (await ask(`unsealed/s-t01000-7/5/allocated/${offset}/${size}`)).status;
    expect(await present(0, 127)).toBe(416);
    await createUnsealedFile(file, 2048);
    await markPresent(file, 2048, { offset: 0, size: 1024 });
    expect([await present(0, 1016), await present(0, 2032), await present(1016, 127)]).toEqual([
      200, 416, 416,
    ]);
    await markPresent(file, 2048, { offset: 1024, size: 1024 });
    expect(await present(0, 2032)).toBe(200);
    expect(await present(0, 100)).toBe(500);
    await keepOnly(file, 2048, [{ offset: 256, size: 256 }]);
    expect(await readPresent(file, 2048)).toEqual([{ offset: 256, size: 256 }]);
  });
});

describe('a Range header', () => {
  it('never reaches beyond the file', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.nat(200), (size, first, last) => {
        const range = byteRangeOf(`bytes=${first}-${last}`, size);
        if (typeof range === 'object') expect(range.first + range.length).toBeLessThanOrEqual(size);
        if (first < size && first <= last)
          expect(range).toEqual({ first, length: Math.min(last, size - 1) - first + 1 });
      }),
    );
  });

  it('a Range header of several ranges or another unit is ignored', () => {
    expect(byteRangeOf('bytes=0-1,5-6', 10)).toBeUndefined();
    expect(byteRangeOf('lines=0-1', 10)).toBeUndefined();
    expect(byteRangeOf('bytes=-3', 10)).toEqual({ first: 7, length: 3 });
  });
});
