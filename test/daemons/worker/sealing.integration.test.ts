import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initSectorStore } from '../../../src/daemons/base/storage/store-file.ts';
import { vectors } from '../proofs/vectors.ts';
import { until } from './small-miner.ts';
import { workerLab, type WorkerLab } from './worker-process.ts';

interface CommRVectors {
  readonly vectors: readonly {
    readonly sector_size: number;
    readonly registered_proof: number;
    readonly actor_id: number;
    readonly sector_number: number;
    readonly ticket: string;
    readonly sealed_cid: string;
  }[];
}

const vector = (vectors('sealing-comm-r.json') as CommRVectors).vectors.find(
  (entry) => entry.sector_size === 2048 && entry.registered_proof === 5,
);
if (vector === undefined) throw new Error('no vector of 2KiB');
const of = (number: number) => ({ ID: { Miner: vector.actor_id, Number: number }, ProofType: 5 });
const ref = of(vector.sector_number);
const name = `s-t01000-${vector.sector_number}`;
const ticket = Buffer.from(vector.ticket, 'hex').toString('base64');
const seed = Buffer.alloc(32, 1).toString('base64');

let lab: WorkerLab;
/** What the provers of the last story get: parameters of C2 and PR2. */
let forProvers: { readonly c2: readonly unknown[]; readonly pr2: readonly unknown[] } = { c2: [], pr2: [] };

beforeAll(async () => {
  lab = await workerLab();
  await lab.start('a');
}, 60_000);

afterAll(() => lab.tidy());

async function succeed<Value>(method: string, ...params: unknown[]): Promise<Value> {
  const call = await (await lab.miner.worker()).call(method, params);
  const result = await lab.miner.result(call);
  expect(result).toMatchObject({ method: `Return${method}`, error: null });
  return result.value as Value;
}

describe('a worker process that a miner drives', { timeout: 180_000 }, () => {
  it('seals a sector of zeros to the published commitments, and proves it', async () => {
    const piece = await succeed('AddPiece', ref, [], 2032, { Type: 'null', Info: '2032' });
    const phase1 = await succeed<string>('SealPreCommit1', ref, ticket, [piece]);
    const cids = await succeed<{ Unsealed: unknown; Sealed: { '/': string } }>('SealPreCommit2', ref, phase1);
    expect(cids.Sealed['/']).toBe(vector.sealed_cid);
    expect(cids.Unsealed).toEqual((piece as { PieceCID: unknown }).PieceCID);
    expect(JSON.parse(Buffer.from(phase1, 'base64').toString())).toMatchObject({
      _lotus_SealRandomness: ticket,
    });

    const commit1 = await succeed<string>('SealCommit1', ref, ticket, seed, [piece], cids);
    const proof = await succeed<string>('SealCommit2', ref, commit1);
    forProvers = { ...forProvers, c2: [ref, commit1] };
    expect(JSON.parse(Buffer.from(proof, 'base64').toString())).toEqual({
      kind: 'vanilla-proof-verified',
      step: 'C2',
      note: expect.stringContaining('no SNARK'),
      inputSha256: createHash('sha256').update(Buffer.from(commit1, 'base64')).digest('hex'),
    });

    await succeed('FinalizeSector', ref);
    expect((await readdir(join(lab.home, 'a/cache', name))).toSorted()).toEqual([
      'p_aux',
      'sc-02-data-tree-r-last.dat',
      't_aux',
    ]);
    const held = lab.miner.index.findSector(ref.ID, 7, 2048, false);
    expect(held).toHaveLength(1);
    await succeed('ReleaseUnsealed', ref, null);
    expect(existsSync(join(lab.home, 'a/unsealed', name))).toBe(false);
  });

  it('takes pieces pushed to it, unseals them again, and moves the sector to long-term storage', async () => {
    const other = of(77);
    const data = Buffer.from(Array.from({ length: 1016 }, (_, at) => (at * 7) % 251));
    const uuid = '0b6f3f0e-93a1-4e0a-b1f5-2f9f6f0a9a77';
    const adding = succeed('AddPiece', other, [], 1016, { Type: 'push', Info: uuid });
    const base = lab.miner.workerUrl()?.replace('/rpc/v0', '/rpc/streams/v0/push') ?? '';
    expect((await fetch(`${base}/${uuid}`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${base}/${uuid}`, { method: 'POST', body: data })).status).toBe(200);
    const first = await adding;
    const second = await succeed('AddPiece', other, [1016], 1016, { Type: 'null', Info: '1016' });
    const pieces = [first, second];
    const phase1 = await succeed<string>('SealPreCommit1', other, ticket, pieces);
    const cids = await succeed<{ Unsealed: unknown }>('SealPreCommit2', other, phase1);
    await succeed('ReleaseUnsealed', other, null);
    await succeed('UnsealPiece', other, 0, 1016, ticket, cids.Unsealed);
    const authorization = { headers: { Authorization: 'Bearer good' } };
    const remote = lab.miner.workerUrl()?.replace('/rpc/v0', '/remote') ?? '';
    const allocated = (offset: number) =>
      fetch(`${remote}/unsealed/s-t01000-77/5/allocated/${offset}/1016`, authorization);
    expect([(await allocated(0)).status, (await allocated(1016)).status]).toEqual([200, 416]);

    const store = join(lab.home, 'store');
    const { ID } = await initSectorStore(store, { CanStore: true });
    expect((await lab.command('a', 'storage', 'attach', store)).code).toBe(0);
    await succeed('MoveStorage', other, 6);
    expect(lab.miner.index.findSector(other.ID, 6, 2048, false)).toMatchObject([{ ID, Primary: true }]);
    expect(
      existsSync(join(store, 'sealed/s-t01000-77')) && existsSync(join(store, 'cache/s-t01000-77')),
    ).toBe(true);
    expect(existsSync(join(lab.home, 'a/sealed/s-t01000-77'))).toBe(false);
    const metrics = await (await fetch(remote.replace('/remote', '/metrics'), authorization)).text();
    expect(metrics).toMatch(/seal_task_seconds_count\{method="MoveStorage",outcome="done"\} 1/);
    expect(metrics).toMatch(
      /^seal_build_info\{program="seal-worker",version="\d[^"]*",revision="[0-9a-f]{40}",/m,
    );
  });

  it('upgrades a sector with data, proves the upgrade, and makes the sector key again', async () => {
    const key = of(78);
    const zeros = await succeed<{ PieceCID: unknown }>('AddPiece', key, [], 2032, {
      Type: 'null',
      Info: '2032',
    });
    const phase1 = await succeed<string>('SealPreCommit1', key, ticket, [zeros]);
    const { Sealed } = await succeed<{ Sealed: unknown }>('SealPreCommit2', key, phase1);
    const sealed = readFileSync(join(lab.home, 'a/sealed/s-t01000-78'));
    await succeed('ReleaseUnsealed', key, null);

    const uuid = '1b6f3f0e-93a1-4e0a-b1f5-2f9f6f0a9a77';
    const base = lab.miner.workerUrl()?.replace('/rpc/v0', '/rpc/streams/v0/push') ?? '';
    const adding = succeed('AddPiece', key, [], 2032, { Type: 'push', Info: uuid });
    await fetch(`${base}/${uuid}`, { method: 'POST', body: Buffer.alloc(2032, 3) });
    const piece = await adding;
    const update = await succeed<{ NewSealed: unknown; NewUnsealed: unknown }>('ReplicaUpdate', key, [piece]);
    const statement = [Sealed, update.NewSealed, update.NewUnsealed];
    const proofs = await succeed<string[]>('ProveReplicaUpdate1', key, ...statement);
    expect(proofs).toHaveLength(1);
    const proof = await succeed<string>('ProveReplicaUpdate2', key, ...statement, proofs);
    forProvers = { ...forProvers, pr2: [key, ...statement, proofs] };
    expect(JSON.parse(Buffer.from(proof, 'base64').toString())).toMatchObject({ step: 'PR2' });
    await succeed('FinalizeReplicaUpdate', key);

    const remote = lab.miner.workerUrl()?.replace('/rpc/v0', '/remote') ?? '';
    const authorization = { method: 'DELETE', headers: { Authorization: 'Bearer good' } };
    expect((await fetch(`${remote}/sealed/s-t01000-78`, authorization)).status).toBe(200);
    await succeed('GenerateSectorKeyFromData', key, update.NewUnsealed);
    expect(readFileSync(join(lab.home, 'a/sealed/s-t01000-78')).equals(sealed)).toBe(true);
  });

  it('a worker reports a failure with its reason and offers results until they are accepted', async () => {
    const worker = await lab.miner.worker();
    const missing = await worker.call('SealPreCommit1', [
      of(99),
      ticket,
      [{ Size: 2048, PieceCID: { '/': 'baga6ea4seaqpy7usqklokfx2vxuynmupslkeutzexe2uqurdg5vhtebhxqmpqmy' } }],
    ]);
    expect(await lab.miner.result(missing)).toMatchObject({
      method: 'ReturnSealPreCommit1',
      value: null,
      error: {
        Code: 100,
        Message: expect.stringMatching(/no storage path has unsealed of s-t01000-99 .*\[name: /s),
      },
    });
    lab.miner.refuse = true;
    const late = await worker.call('DataCid', [127, { Type: 'null', Info: '127' }]);
    await until(
      () => (lab.miner.deliveries().filter((id) => id === late.ID).length > 1 ? true : undefined),
      'a second try',
    );
    lab.miner.refuse = false;
    expect((await lab.miner.result(late)).error).toBeNull();
    await expect(worker.call('SealPreCommit1', [of(1), 'c2hvcnQ=', []])).rejects.toThrow('not 32 bytes');
  });

  it('hands verified proofs to the provers of the operator, and nothing that does not verify', async () => {
    const script = (step: string): string => `set -- $(/usr/bin/sha256sum "$EXTSEAL_${step}_INPUT")
printf %s%s%s "$1" "$1" "$1" >"$EXTSEAL_${step}_PROOF"
echo called >>'${join(lab.home, `${step}-calls`)}'
`;
    for (const step of ['C2', 'PR2']) writeFileSync(join(lab.home, `${step}.sh`), script(step));
    const prover = (step: string): string => `/bin/sh ${join(lab.home, `${step}.sh`)}`;
    await lab.start('provers', [`--external-c2=${prover('C2')}`, `--external-pr2=${prover('PR2')}`]);
    const [, commit1] = forProvers.c2 as [unknown, string];
    const proofs = forProvers.pr2.at(-1) as string[];
    const inputs = {
      SealCommit2: JSON.stringify({ SectorNum: vector.sector_number, Phase1Out: commit1, SectorSize: 2048 }),
      ProveReplicaUpdate2: JSON.stringify(proofs),
    };
    for (const [method, params] of [
      ['SealCommit2', forProvers.c2],
      ['ProveReplicaUpdate2', forProvers.pr2],
    ] as const) {
      const snark = Buffer.from(await succeed<string>(method, ...params), 'base64').toString();
      expect(snark).toBe(createHash('sha256').update(inputs[method]).digest('hex').repeat(3));
    }
    const damaged = Buffer.from(proofs[0] ?? '', 'base64');
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    const call = await (
      await lab.miner.worker()
    ).call('ProveReplicaUpdate2', [...forProvers.pr2.slice(0, -1), [damaged.toString('base64')]]);
    expect((await lab.miner.result(call)).error).toMatchObject({ Code: 0 });
    expect(readFileSync(join(lab.home, 'PR2-calls'), 'utf8')).toBe('called\n');
  });
});
