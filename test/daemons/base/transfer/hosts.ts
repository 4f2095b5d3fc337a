import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { startHttpServer, type HttpServer } from '../../../../src/daemons/base/http-server.ts';
import { makeLocalStorage, type LocalStorage } from '../../../../src/daemons/base/storage/local-storage.ts';
import { makeFreeSpaceMeter } from '../../../../src/daemons/base/storage/free-space.ts';
import { initSectorStore, writeStorageList } from '../../../../src/daemons/base/storage/store-file.ts';
import { makeSectorFiles, type SectorFiles } from '../../../../src/daemons/base/transfer/sector-files.ts';
import { serveSectors } from '../../../../src/daemons/base/transfer/serve-sectors.ts';
import type { SectorStore } from '../../../../src/core/lotus/storage-files.ts';
import { makeStorageIndex, type StorageIndex } from '../../../../src/daemons/miner/storage-index.ts';

export const sector = { Miner: 1000, Number: 7 };
export const sized = { sector, sectorBytes: 2048 };

/** A host with one storage path, its server, and what works on its sector files. */
export interface Host {
  readonly id: string;
  readonly path: string;
  readonly storage: LocalStorage;
  readonly files: SectorFiles;
  readonly port: number;
  readonly log: unknown[];
  /** Bytes of sector data that went out and came in. */
  readonly sent: () => number;
  readonly received: () => number;
}

/** Hosts that share one index; `tidy` ends them. */
export interface Hosts {
  readonly index: StorageIndex;
  /** `advertise` replaces the port that others see, such as that of a proxy in front. */
  readonly add: (
    name: string,
    settings?: Partial<SectorStore>,
    advertise?: (port: number) => Promise<number>,
  ) => Promise<Host>;
  readonly tidy: () => Promise<void>;
}

export async function makeHosts(): Promise<Hosts> {
  const home = await mkdtemp(join(tmpdir(), 'hosts-'));
  const index = makeStorageIndex(Date.now, () => undefined);
  const ends: (() => unknown)[] = [];
  const shared = {
    attach: async (...words: Parameters<StorageIndex['attach']>) => index.attach(...words),
    detach: async (...words: Parameters<StorageIndex['detach']>) => index.detach(...words),
    reportHealth: async (...words: Parameters<StorageIndex['reportHealth']>) => index.reportHealth(...words),
    declareSector: async (...words: Parameters<StorageIndex['declareSector']>) =>
      index.declareSector(...words),
    dropSector: async (...words: Parameters<StorageIndex['dropSector']>) => index.dropSector(...words),
    findSector: async (of: typeof sector, files: number, bytes: number) =>
      index.findSector(of, files, bytes, false),
    bestAlloc: async (...words: Parameters<StorageIndex['bestAlloc']>) => index.bestAlloc(...words),
    list: async () => index.list(),
  };

  async function add(
    name: string,
    settings: Partial<SectorStore> = {},
    advertise?: (port: number) => Promise<number>,
  ) {
    const repo = join(home, name);
    await mkdir(repo);
    await writeStorageList(repo, { StoragePaths: null });
    const path = join(repo, 'store');
    const { ID } = await initSectorStore(path, { CanSeal: true, ...settings });
    const lines: unknown[] = [];
    const log = pino({ level: 'info' }, { write: (line) => lines.push(JSON.parse(line)) });
    let port = 0;
    const storage = makeLocalStorage({
      repo,
      url: () => `http://127.0.0.1:${port}/remote`,
      index: shared,
      freeSpace: makeFreeSpaceMeter(Date.now),
      log,
    });
    let [sent, received] = [0, 0];
    const server: HttpServer = await startHttpServer({
      listen: { host: '127.0.0.1', port: 0 },
      methods: {},
      authenticate: async (token) => (token === 'good' ? ['admin'] : undefined),
      headersTimeoutMs: 5_000,
      routes: (app, admit) => serveSectors(app, admit, { storage, log, onSent: (bytes) => (sent += bytes) }),
    });
    ends.push(server.close, storage.close);
    port = advertise === undefined ? server.port : await advertise(server.port);
    await storage.attach(path);
    const files = makeSectorFiles({
      storage,
      index: shared,
      token: 'good',
      fetchLimit: 2,
      fetchBytesPerSecond: 0,
      log,
      onReceived: (bytes) => (received += bytes),
    });
    return {
      id: ID,
      path,
      storage,
      files,
      port: server.port,
      log: lines,
      sent: () => sent,
      received: () => received,
    };
  }

  return {
    index,
    add,
    async tidy() {
      for (const end of ends.toReversed()) await end();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A TCP proxy that cuts each of the first connections after so many bytes of the answer. */
export async function cuttingProxy(
  target: number,
  cutAfter: readonly number[],
): Promise<{ port: number; cuts: () => number; close: () => void }> {
  const left = [...cutAfter];
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    let passed = 0;
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      passed += chunk.length;
      client.write(chunk);
      if (left[0] !== undefined && passed > left[0]) {
        left.shift();
        cuts += 1;
        client.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Writes random bytes as a file of the sector on a host and declares it. */
export async function plant(
  hosts: Hosts,
  host: Host,
  type: string,
  bit: number,
  bytes: number,
  name = '',
): Promise<Buffer> {
  const content = randomBytes(bytes);
  const file = join(host.path, type, 's-t01000-7');
  if (name !== '') await mkdir(file, { recursive: true });
  await writeFile(join(file, name), content);
  hosts.index.declareSector(host.id, sector, bit, true);
  return content;
}
