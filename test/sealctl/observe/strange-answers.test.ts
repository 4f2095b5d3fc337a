import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { times } from '../../projects/times.ts';
import { readAnswer } from '../../../src/core/lotus/answer-schema.ts';
import { answerSchemas } from '../../../src/core/lotus/answer-schemas.ts';
import type { MinerApi } from '../../../src/core/lotus/miner-api.ts';
import type { RpcClient } from '../../../src/core/lotus/rpc-client.ts';
import { RpcError } from '../../../src/core/lotus/rpc-error.ts';
import type { WorkerApi } from '../../../src/core/lotus/worker-api.ts';
import { readMiner, readWorker } from '../../../src/sealctl/observe/daemon-rpc.ts';
import { readStorageUsage } from '../../../src/sealctl/observe/fleet-usage.ts';

const info = {
  Hostname: 'worker-1',
  IgnoreResources: false,
  Resources: { MemPhysical: 1, MemUsed: 1, MemSwap: 0, MemSwapUsed: 0, CPUs: 2, GPUs: null, Resources: null },
};
const stats = { MemUsedMin: 0, MemUsedMax: 0, GpuUsed: 0, CpuUse: 0, TaskCounts: null };
const stat = { Capacity: 10, Available: 5, FSAvailable: 5, Reserved: 0, Max: 0, Used: 0 };
const path = { ID: 'p', Weight: 10, CanSeal: true, CanStore: false };
const lists = { URLs: [], Groups: ['a'], AllowTo: null, AllowTypes: null, DenyTypes: null };
const job = {
  ID: { Sector: { Miner: 1000, Number: 1 }, ID: 'c' },
  Sector: { Miner: 1000, Number: 1 },
  Task: 'seal/v0/precommit/1',
  RunWait: 0,
  Start: '2026-01-01T00:00:00Z',
};
/** Answers as a daemon gives them. */
const answers: Readonly<Record<string, unknown>> = {
  Session: 's',
  ProcessSession: 's',
  ActorAddress: 'f01000',
  Enabled: true,
  Info: info,
  TaskTypes: { 'seal/v0/precommit/1': {} },
  Paths: [{ ...path, LocalPath: '/p' }],
  WorkerStats: { s: { Info: info, Tasks: ['seal/v0/precommit/1'], Enabled: true, ...stats } },
  WorkerJobs: { s: [job] },
  StorageList: { p: [{ Miner: 1000, Number: 1, SectorFileType: 2 }] },
  StorageInfo: { ...path, MaxStorage: 0, ...lists, AllowMiners: null, DenyMiners: null },
  StorageStat: stat,
  SectorsSummary: { Proving: 1 },
  SealingSchedDiag: { SchedInfo: { Requests: null } },
  SealingTimes: [{ Task: 'seal/v0/precommit/1', Count: 1, MedianMs: 1 }],
};

/** The value with one part of it, or the whole, replaced. */
function damaged(value: unknown, way: readonly number[], by: unknown): unknown {
  const [step, ...rest] = way;
  if (step === undefined || typeof value !== 'object' || value === null) return by;
  const entries = Object.entries(value);
  const at = entries[step % Math.max(1, entries.length)];
  if (at === undefined) return by;
  const [key, inside] = at;
  const changed = { ...value, [key]: damaged(inside, rest, by) };
  return Array.isArray(value) ? Object.values(changed) : changed;
}

function readAs(method: string, answer: unknown): unknown {
  const schema = answerSchemas[method];
  return schema === undefined
    ? answer
    : readAnswer(schema, answer, (problem) => new RpcError('protocol', problem));
}

/** A daemon that answers one method as it likes; what the client makes of the answer is what it does with every one. */
function clientOf<Api extends MinerApi | WorkerApi>(method: string, answer: unknown): RpcClient<Api> {
  return {
    call: (asked) => {
      const result = asked === method ? answer : answers[asked];
      return Promise.resolve().then(() => readAs(asked, result) as never);
    },
  };
}

const strange = fc.record({
  method: fc.constantFrom(...Object.keys(answers)),
  way: fc.array(fc.nat({ max: 12 }), { maxLength: 6 }),
  by: fc.jsonValue(),
});

describe('a daemon that answers what it should not', () => {
  it.each([
    ['worker', (method: string, answer: unknown) => readWorker(clientOf<WorkerApi>(method, answer))],
    ['miner', (method: string, answer: unknown) => readMiner(clientOf<MinerApi>(method, answer))],
    [
      'miner’s usage',
      (method: string, answer: unknown) => readStorageUsage(clientOf<MinerApi>(method, answer)),
    ],
  ] as const)('is read for what it is, or told what is wrong: a %s', async (_name, read) => {
    await fc.assert(
      fc.asyncProperty(strange, async ({ method, way, by }) => {
        try {
          await read(method, damaged(answers[method], way, by));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RpcError);
        }
      }),
      { numRuns: times(1_000) },
    );
  });

  it('is told by the place in its answer', () => {
    const answer = { s: { Info: { ...info, Hostname: 7 }, Tasks: null, Enabled: true, ...stats } };
    expect(() => readAs('WorkerStats', answer)).toThrow(/^s\.Info\.Hostname: expected string$/);
    expect(() => readAs('WorkerStats', { 'a-b': 1 })).toThrow(/^\["a-b"\]: expected object$/);
    expect(() => readAs('SectorsList', [1, 'x'])).toThrow(/^\[1\]: expected number$/);
    expect(() => readAs('TaskTypes', 'oops')).toThrow(/^expected object$/);
    expect(() => readAs('Enabled', 0)).toThrow(/^expected boolean$/);
    expect(() => readAs('StorageBestAlloc', {})).toThrow(/^expected array$/);
  });

  it('gives every answer above as it should', () => {
    for (const [method, answer] of Object.entries(answers))
      expect(readAs(method, answer), method).toEqual(answer);
  });

  it('may have fields that nobody knows, and leave out what older daemons do not have', () => {
    const { MemUsed: _used, GPUs: _gpus, ...older } = info.Resources;
    expect(readAs('Info', { ...info, Resources: { ...older, Newer: [1] }, Also: 1 })).toEqual({
      ...info,
      Resources: { ...info.Resources, MemUsed: 0, GPUs: null },
    });
    expect(readAs('StorageStat', { Capacity: 10, Available: 5 })).toEqual({
      Capacity: 10,
      Available: 5,
      FSAvailable: 0,
      Reserved: 0,
      Max: 0,
      Used: 0,
    });
    expect(readAs('Paths', null)).toBeNull();
  });
});
