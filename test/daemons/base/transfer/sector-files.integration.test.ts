import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cuttingProxy, makeHosts, plant, sector, sized, type Host, type Hosts } from './hosts.ts';

const name = 's-t01000-7';
let hosts: Hosts;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  hosts = await makeHosts();
});

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await hosts.tidy();
});

const fetching = (host: Host, existing: readonly ('sealed' | 'cache')[], mode: 'move' | 'copy' = 'copy') =>
  host.files.acquire({ ...sized, existing, use: 'sealing', mode, signal: new AbortController().signal });
const leftovers = async (host: Host, type: string): Promise<string[]> =>
  existsSync(join(host.path, type, 'fetching')) ? readdir(join(host.path, type, 'fetching')) : [];

describe('a file that lies on another host', () => {
  it('is copied, declared as a copy, and stays at its source', async () => {
    const [a, b] = [await hosts.add('a'), await hosts.add('b')];
    const content = await plant(hosts, a, 'sealed', 2, 40_000_000);
    const held = await fetching(b, ['sealed']);
    expect((await readFile(held.file('sealed'))).equals(content)).toBe(true);
    expect(held.file('sealed')).toBe(join(b.path, 'sealed', name));
    const found = hosts.index.findSector(sector, 2, 2048, false);
    expect(found.map(({ ID, Primary }) => [ID, Primary])).toEqual([
      [a.id, true],
      [b.id, false],
    ]);
    expect(await leftovers(b, 'sealed')).toEqual([]);
    expect([a.sent(), b.received()]).toEqual([40_000_000, 40_000_000]);
  });

  it('is moved: declared as primary here, and gone there', async () => {
    const [a, b] = [await hosts.add('a'), await hosts.add('b')];
    await plant(hosts, a, 'sealed', 2, 2048);
    await plant(hosts, a, 'cache', 4, 64, 'p_aux');
    await plant(hosts, a, 'cache', 4, 0, 't_aux');
    await fetching(b, ['sealed', 'cache'], 'move');
    expect(await readdir(join(b.path, 'cache', name))).toEqual(['p_aux', 't_aux']);
    expect(existsSync(join(a.path, 'sealed', name)) || existsSync(join(a.path, 'cache', name))).toBe(false);
    const found = hosts.index.findSector(sector, 6, 2048, false);
    expect(found.map(({ ID, Primary }) => [ID, Primary])).toEqual([[b.id, true]]);
  });

  it('goes on where a cut connection left it, and asks for no byte twice that had arrived in a whole part', async () => {
    const proxies: Awaited<ReturnType<typeof cuttingProxy>>[] = [];
    const a = await hosts.add('a', {}, async (port) => {
      const proxy = await cuttingProxy(port, [20_000_000, 1_000_000]);
      proxies.push(proxy);
      ends.push(proxy.close);
      return proxy.port;
    });
    const b = await hosts.add('b');
    const content = await plant(hosts, a, 'sealed', 2, 80_000_000);
    await fetching(b, ['sealed']);
    expect(proxies[0]?.cuts()).toBe(2);
    expect((await readFile(join(b.path, 'sealed', name))).equals(content)).toBe(true);
    expect(b.received()).toBe(80_000_000);
    expect(await leftovers(b, 'sealed')).toEqual([]);
  });

  it('comes from another copy when the first source has lost it', async () => {
    const [a, b, c] = [
      await hosts.add('a', { Weight: 1 }),
      await hosts.add('b', { Weight: 99 }),
      await hosts.add('c'),
    ];
    hosts.index.declareSector(a.id, sector, 2, true);
    const content = await plant(hosts, b, 'sealed', 2, 2048);
    await fetching(c, ['sealed']);
    expect((await readFile(join(c.path, 'sealed', name))).equals(content)).toBe(true);
  });

  it('leaves nothing behind where no source gives it, and names each source with its reason', async () => {
    const [a, b] = [await hosts.add('a'), await hosts.add('b')];
    hosts.index.declareSector(a.id, sector, 2, true);
    await expect(fetching(b, ['sealed'])).rejects.toMatchObject({
      problems: [{ code: 'fetch-failed', why: expect.stringContaining(`127.0.0.1:${a.port}`) }],
    });
    expect(existsSync(join(b.path, 'sealed', name))).toBe(false);
    expect(await leftovers(b, 'sealed')).toEqual([]);
    expect(hosts.index.findSector(sector, 2, 2048, false).map(({ ID }) => ID)).toEqual([a.id]);
    await expect(fetching(b, ['cache'])).rejects.toMatchObject({
      problems: [{ code: 'sector-file-missing' }],
    });
  });

  it('never takes a file into a cache that sealing does not make', async () => {
    const [a, b] = [await hosts.add('a'), await hosts.add('b')];
    await plant(hosts, a, 'cache', 4, 64, '.bashrc');
    await expect(fetching(b, ['cache'])).rejects.toMatchObject({
      problems: [{ why: expect.stringContaining("cannot contain a file '.bashrc'") }],
    });
    expect(existsSync(join(b.path, 'cache', name))).toBe(false);
  });

  it('starts anew when what arrived belongs to an older version of the file', async () => {
    const [a, b] = [await hosts.add('a'), await hosts.add('b')];
    const content = await plant(hosts, a, 'sealed', 2, 2048);
    await mkdir(join(b.path, 'sealed/fetching'), { recursive: true });
    await writeFile(join(b.path, 'sealed/fetching', name), Buffer.alloc(1024, 1));
    await writeFile(join(b.path, 'sealed/fetching', `${name}.manifest`), '{"Directory":false,"Files":[]}');
    await fetching(b, ['sealed']);
    expect((await readFile(join(b.path, 'sealed', name))).equals(content)).toBe(true);
  });
});

describe('a file made anew', () => {
  it('is the only one: what other hosts have of an earlier try goes', async () => {
    const [a, b] = [await hosts.add('a'), await hosts.add('b')];
    await plant(hosts, a, 'sealed', 2, 100);
    const held = await b.files.acquire({
      ...sized,
      existing: [],
      allocate: ['sealed', 'cache'],
      use: 'sealing',
      mode: 'move',
      signal: new AbortController().signal,
    });
    await writeFile(held.file('sealed'), 'new');
    await mkdir(held.file('cache'));
    await held.declareAsOnly(['sealed', 'cache']);
    held.release();
    expect(existsSync(join(a.path, 'sealed', name))).toBe(false);
    expect(hosts.index.list()).toEqual({ [a.id]: [], [b.id]: [{ ...sector, SectorFileType: 6 }] });
  });
});

describe('damage on the way', () => {
  it('is noticed by the digest of the part, which is asked for again', async () => {
    let damaged = 0;
    const a = await hosts.add('a', {}, async (port) => {
      const proxy = createServer((request, response) => {
        void fetch(`http://127.0.0.1:${port}${request.url}`, {
          headers: request.headers as Record<string, string>,
        }).then(async (answer) => {
          const body = Buffer.from(await answer.arrayBuffer());
          if (request.headers.range !== undefined && damaged === 0) {
            damaged += 1;
            body[100] = (body[100] ?? 0) ^ 1;
          }
          response.writeHead(answer.status, { 'content-digest': answer.headers.get('content-digest') ?? '' });
          response.end(body);
        });
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      ends.push(
        () => proxy.closeAllConnections(),
        () => proxy.close(),
      );
      return (proxy.address() as AddressInfo).port;
    });
    const b = await hosts.add('b');
    const content = await plant(hosts, a, 'sealed', 2, 5000);
    await fetching(b, ['sealed']);
    expect(damaged).toBe(1);
    expect((await readFile(join(b.path, 'sealed', name))).equals(content)).toBe(true);
  });
});

describe('a Lotus peer, which knows neither manifests nor digests', () => {
  async function lotusInFrontOf(port: number, cut: { left: number }): Promise<number> {
    const proxy = createServer((request, response) => {
      const { 'want-content-digest': _, ...headers } = request.headers;
      if (request.url?.includes('/manifest/') === true) return void response.writeHead(404).end();
      void fetch(`http://127.0.0.1:${port}${request.url}`, {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
      }).then(async (answer) => {
        const body = Buffer.from(await answer.arrayBuffer());
        const {
          'content-digest': __,
          'transfer-encoding': ___,
          ...rest
        } = Object.fromEntries(answer.headers);
        response.writeHead(answer.status, rest);
        if (cut.left > 0 && body.length > 1000) {
          cut.left -= 1;
          response.write(body.subarray(0, 1000), () => response.destroy());
        } else response.end(withoutTrailer(body, rest['content-type']));
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    ends.push(
      () => proxy.closeAllConnections(),
      () => proxy.close(),
    );
    return (proxy.address() as AddressInfo).port;
  }
  // Lotus never writes the two empty blocks at a tar's end, nor the padding of its last file.
  const withoutTrailer = (body: Buffer, type: string | undefined): Buffer =>
    type === 'application/x-tar' ? body.subarray(0, body.length - 1024 - 448) : body;

  it('gives a file that goes on by range', async () => {
    const cut = { left: 2 };
    const a = await hosts.add('a', {}, (port) => lotusInFrontOf(port, cut));
    const b = await hosts.add('b');
    const content = await plant(hosts, a, 'sealed', 2, 5000);
    await fetching(b, ['sealed'], 'move');
    expect(cut.left).toBe(0);
    expect((await readFile(join(b.path, 'sealed', name))).equals(content)).toBe(true);
    expect(existsSync(join(a.path, 'sealed', name))).toBe(false);
  });

  it('gives a directory as a tar without its end', async () => {
    const a = await hosts.add('a', {}, (port) => lotusInFrontOf(port, { left: 0 }));
    const b = await hosts.add('b');
    const layer = await plant(hosts, a, 'cache', 4, 2048, 'sc-02-data-layer-1.dat');
    const aux = await plant(hosts, a, 'cache', 4, 64, 't_aux');
    await fetching(b, ['cache']);
    expect(await readFile(join(b.path, 'cache', name, 'sc-02-data-layer-1.dat'))).toEqual(layer);
    expect(await readFile(join(b.path, 'cache', name, 't_aux'))).toEqual(aux);
  });
});

describe('free space', () => {
  it('that is set aside for one task is not given to another, and comes back', async () => {
    const a = await hosts.add('a', { MaxStorage: 50_000 });
    const place = (files = a.files) => files.place(sized, 'cache', 'sealing');
    const { release } = await place();
    expect((await a.storage.stat(a.id))?.Reserved).toBe(Math.floor(14.1 * 2048));
    await expect(place()).resolves.toBeDefined();
    await expect(
      a.files.place({ ...sized, sector: { Miner: 1000, Number: 8 } }, 'cache', 'sealing'),
    ).rejects.toMatchObject({ problems: [{ code: 'no-free-space' }] });
    release();
  });
});
