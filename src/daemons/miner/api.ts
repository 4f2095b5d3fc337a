import { z } from 'zod';
import { minerPermissions, type MinerApi } from '@sealctl/core/lotus/miner-api';
import { isPermission, type Permission } from '@sealctl/core/lotus/permission';
import { minerApiVersion, type FsStat, type StorageInfo } from '@sealctl/core/lotus/rpc-values';
import { sectorSize } from '@sealctl/core/lotus/sector-size';
import type { Methods, MethodsOf } from '../base/rpc/method.ts';
import type { LocalStorage } from '../base/storage/local-storage.ts';
import type { MinerIdentity } from './repo.ts';
import type { SealingMethod } from './sealing/methods.ts';
import type { StorageIndex } from './storage-index.ts';
import type { Tokens } from './tokens.ts';
import type { WorkerRegistry } from './worker-registry.ts';

/** The parts of the daemon that the methods use. */
export interface MinerParts {
  readonly version: string;
  readonly session: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly identity: MinerIdentity;
  readonly tokens: Tokens;
  readonly registry: WorkerRegistry;
  readonly index: StorageIndex;
  readonly storage: LocalStorage;
  /** Free space on a path of the cluster, fetched from its owner. */
  readonly statOf: (info: StorageInfo) => Promise<FsStat>;
  readonly shutdown: () => void;
}

const count = z.number().int().nonnegative();
const words = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? null);
const sector = z.object({ Miner: count, Number: count });
const stat = z.object({
  Capacity: z.number(),
  Available: z.number(),
  FSAvailable: z.number().default(0),
  Reserved: z.number().default(0),
  Max: z.number().default(0),
  Used: z.number().default(0),
});
const info = z.object({
  ID: z.string().min(1),
  URLs: words,
  Weight: count,
  MaxStorage: count.default(0),
  CanSeal: z.boolean(),
  CanStore: z.boolean(),
  Groups: words,
  AllowTo: words,
  AllowTypes: words,
  DenyTypes: words,
  AllowMiners: words,
  DenyMiners: words,
});
const text = z.string();
const flag = z.boolean();

/** The miner's methods about itself, its workers and the storage index; those about sectors are in sealing/methods.ts. */
export function minerMethods(parts: MinerParts): Methods {
  const { index, storage, registry, identity } = parts;
  const methods: WithoutPermission<Omit<MinerApi, SealingMethod>> = {
    Version: {
      params: [],
      run: () => ({
        Version: parts.version,
        APIVersion: minerApiVersion,
        BlockDelay: 30,
        Agent: 'seal-miner',
      }),
    },
    Session: { params: [], run: () => parts.session },
    StartTime: { params: [], run: () => parts.startedAt },
    ActorAddress: { params: [], run: () => identity.actor },
    ActorSectorSize: {
      params: [text],
      run: ([actor]) => {
        if (actor.replace(/^t/, 'f') !== identity.actor.replace(/^t/, 'f'))
          throw new Error(`actor ${actor} is not this miner's ${identity.actor}`);
        return sectorSize(identity.sectorSize).bytes;
      },
    },
    AuthVerify: {
      params: [text],
      run: async ([token]) => {
        const allowed = await parts.tokens.verify(token);
        if (allowed === undefined) throw new Error('JWT verification failed');
        return [...allowed];
      },
    },
    AuthNew: {
      params: [z.array(text)],
      run: async ([wanted]) => {
        const unknown = wanted.filter((word) => !isPermission(word));
        if (unknown.length > 0) throw new Error(`unknown permissions: ${unknown.join(', ')}`);
        const token = await parts.tokens.issue(
          wanted.filter((word): word is Permission => isPermission(word)),
        );
        return Buffer.from(token).toString('base64');
      },
    },
    WorkerConnect: { params: [z.url()], run: async ([url]) => done(await registry.connect(url)) },
    StorageAttach: { params: [info, stat], run: ([path, space]) => done(index.attach(path, space)) },
    StorageDetach: { params: [text, text], run: ([id, url]) => done(index.detach(id, url)) },
    StorageInfo: { params: [text], run: ([id]) => index.info(id) },
    StorageReportHealth: {
      params: [text, z.object({ Stat: stat, Err: text.default('') })],
      run: ([id, report]) => done(index.reportHealth(id, report)),
    },
    StorageDeclareSector: {
      params: [text, sector, count, flag],
      run: ([id, sector, files, primary]) => done(index.declareSector(id, sector, files, primary)),
    },
    StorageDropSector: {
      params: [text, sector, count],
      run: ([id, sector, files]) => done(index.dropSector(id, sector, files)),
    },
    StorageFindSector: {
      params: [sector, count, count, flag],
      run: ([sector, files, bytes, allowFetch]) => index.findSector(sector, files, bytes, allowFetch),
    },
    StorageBestAlloc: {
      params: [count, count, z.enum(['sealing', 'storage']), count],
      run: ([files, bytes, use, miner]) => index.bestAlloc(files, bytes, use, miner),
    },
    StorageList: { params: [], run: () => index.list() },
    StorageLocal: { params: [], run: () => localPaths(storage) },
    StorageStat: {
      params: [text],
      run: async ([id]) => (await storage.stat(id)) ?? parts.statOf(index.info(id)),
    },
    StorageAddLocal: { params: [text], run: async ([path]) => done(await storage.attach(path)) },
    StorageDetachLocal: { params: [text], run: async ([path]) => done(await storage.detach(path)) },
    StorageRedeclareLocal: {
      params: [text.nullable(), flag],
      run: async ([id, dropMissing]) => done(await storage.redeclare(id, dropMissing)),
    },
    Shutdown: { params: [], run: () => done(parts.shutdown()) },
  };
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      { ...method, permission: minerPermissions[name as keyof MinerApi] },
    ]),
  ) as Methods;
}

/** Paths by ID, as `StorageLocal` returns them. */
export function localPaths(storage: LocalStorage): Record<string, string> {
  return Object.fromEntries(storage.paths().map(({ ID, LocalPath }) => [ID, LocalPath]));
}

type WithoutPermission<Api extends Partial<MinerApi>> = {
  readonly [Name in keyof Api & keyof MinerApi]: Omit<MethodsOf<MinerApi>[Name], 'permission'>;
};

/** The response of methods without a result. */
function done(result: void): null {
  return result ?? null;
}
