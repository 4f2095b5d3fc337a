import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OperationOptions } from '../../../src/daemons/proofs/operation.ts';
import { precommit1, precommit2, unseal } from '../../../src/daemons/proofs/sealing.ts';
import { encodeUpdate } from '../../../src/daemons/proofs/sector-update.ts';
import { bytes32, sealSector, SectorDirectory, sectorData, type Sealed } from './sector.ts';

/** A sector of 8 MiB: large enough that an operation is caught in the middle of its work. */
const proof = 6;
const sectorBytes = 2 ** 23;
const mebibyte = 2 ** 20;
const identity = { actorId: 1000, sectorNumber: 7, ticket: bytes32('ticket') };

let whole: SectorDirectory;
let sealed: Sealed;
beforeAll(async () => {
  whole = new SectorDirectory();
  const pieces = [await whole.stage('staged', sectorData(sectorBytes))];
  sealed = await sealSector(whole, proof, identity, { name: 'staged', pieces });
});
afterAll(() => {
  whole.remove();
});

let fresh: SectorDirectory;
beforeEach(() => {
  fresh = new SectorDirectory();
});
afterEach(() => {
  fresh.remove();
});

type Work = (options: OperationOptions) => Promise<unknown>;

const phase1 =
  (producers: number): Work =>
  (options) =>
    precommit1(
      proof,
      {
        ...identity,
        stagedPath: whole.at('staged'),
        sealedPath: fresh.at('sealed'),
        cacheDir: fresh.at('cache'),
      },
      { ...whole.labels, ...options, labelThreads: { producers } },
    );
const phase2: Work = (options) =>
  precommit2(proof, { cacheDir: whole.at('cache'), sealedPath: whole.at('sealed') }, options);
const read: Work = (options) =>
  unseal(
    proof,
    {
      ...identity,
      sealedPath: whole.at('sealed'),
      outputPath: fresh.at('read'),
      scratchDir: fresh.at('scratch'),
      commD: sealed.commD,
      offset: 0,
      bytes: (sectorBytes / 128) * 127,
    },
    { ...whole.labels, ...options },
  );
const update: Work = (options) =>
  encodeUpdate(
    sectorBytes,
    {
      keyPath: whole.at('sealed'),
      keyCacheDir: whole.at('cache'),
      dataPath: whole.at('staged'),
      replicaPath: fresh.at('update'),
      updateCacheDir: fresh.at('update-cache'),
    },
    options,
  );

/** What phase 2 makes is not there, as before it ran. */
function withoutPhase2(): void {
  for (const file of ['tree-c', 'tree-r-last'])
    rmSync(whole.at(`cache/sc-02-data-${file}.dat`), { force: true });
  rmSync(whole.at('cache/p_aux'), { force: true });
}

/** Every file below the directories of this test, by its path within them. */
function files(): string[] {
  return [fresh, whole].flatMap(({ path }) => readdirSync(path, { recursive: true, encoding: 'utf8' }));
}

const interruptions: [string, Work, string, string[]][] = [
  ['phase 1 on one core', phase1(0), 'layer-1', ['cache/sc-02-data-layer-1.dat']],
  ['phase 1 with producers', phase1(2), 'layer-1', ['cache/sc-02-data-layer-1.dat']],
  ['a later layer of phase 1', phase1(0), 'layer-2', ['cache/sc-02-data-layer-2.dat']],
  ['reading a sector', read, 'layer-1', ['read']],
  ['updating a sector', update, 'tree-d', ['update', 'update-cache/p_aux']],
  ['the end of updating a sector', update, 'tree-r', ['update', 'update-cache/p_aux']],
];

test.each(interruptions)(
  '%s stops soon after it is aborted, and nothing looks complete',
  async (_, work, stage, results) => {
    await stopsSoon(work, stage);
    for (const result of results) expect(existsSync(fresh.at(result))).toBe(false);
    expect(files().filter((file) => file.endsWith('.tmp'))).toEqual([]);
  },
);

test.each(['tree-c', 'tree-r'])(
  'phase 2 stops soon after it is aborted in %s, has no p_aux, and can be run again',
  async (stage) => {
    withoutPhase2();
    await stopsSoon(phase2, stage);
    expect(existsSync(whole.at('cache/p_aux'))).toBe(false);
    expect(files().filter((file) => file.endsWith('.tmp'))).toEqual([]);
    expect(await phase2({ threads: { count: 2 } })).toMatchObject({ commR: sealed.commR });
  },
);

async function stopsSoon(work: Work, in_: string): Promise<void> {
  const controller = new AbortController();
  const reason = new Error('enough');
  let aborted = 0;
  const running = work({
    threads: { count: 2 },
    signal: controller.signal,
    onProgress: ({ stage }) => {
      if (stage !== in_ || aborted !== 0) return;
      aborted = performance.now();
      controller.abort(reason);
    },
  });
  await expect(running).rejects.toBe(reason);
  // A second where the processors are idle.
  expect(performance.now() - aborted).toBeLessThan(5000);
}

const fullDisks: [string, Work, number, string, string][] = [
  ['the replica', phase1(0), 4, 'sealed', 'cache/sc-02-data-tree-d.dat'],
  ['tree D', phase1(0), 12, 'tree-d', 'cache/sc-02-data-tree-d.dat'],
  ['a layer that is computed again', read, 4, 'unseal-layer', 'read'],
  ['an updated replica', update, 4, 'update', 'update'],
  ['an update’s tree D', update, 12, 'tree-d', 'update-cache/sc-02-data-tree-d.dat'],
];

test.each(fullDisks)(
  'no free space for %s is a problem that names the file, and leaves none that looks complete',
  async (_, work, mebibytes, named, absent) => {
    await expect(withoutRoom(mebibytes, () => work({ threads: { count: 2 } }))).rejects.toMatchObject({
      problems: [
        { code: 'sealing-io', summary: expect.stringMatching(new RegExp(`${named}.*too large`, 'i')) },
      ],
    });
    expect(existsSync(fresh.at(absent))).toBe(false);
    expect(files().filter((file) => file.endsWith('.tmp'))).toEqual([]);
  },
);

test('no free space for tree C is a problem that names it, and phase 2 can be run again', async () => {
  withoutPhase2();
  await expect(withoutRoom(9, () => phase2({ threads: { count: 2 } }))).rejects.toMatchObject({
    problems: [{ code: 'sealing-io', summary: expect.stringContaining('tree-c') }],
  });
  expect(files().filter((file) => /tree-c|p_aux|\.tmp$/.test(file))).toEqual([]);
  expect(await phase2({ threads: { count: 2 } })).toMatchObject({ commR: sealed.commR });
});

/** Runs work while no file of this process can grow beyond a size, as on a full disk. */
async function withoutRoom(mebibytes: number, work: () => Promise<unknown>): Promise<unknown> {
  // With a listener the signal does not end the process, and the write fails.
  const ignore = (): void => {};
  process.on('SIGXFSZ', ignore);
  limitFiles(String(mebibytes * mebibyte));
  try {
    return await work();
  } finally {
    limitFiles('unlimited');
    process.off('SIGXFSZ', ignore);
  }
}

function limitFiles(bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}
