import { tableProofsOf } from './seal-proof.ts';
import { sectorSizes, type SectorSize } from './sector-size.ts';
import { taskTypes, type TaskCode } from './task-type.ts';

/**
 * The resources that one task of one proof type uses, under Lotus's names on the wire. Memory in bytes; parallelism in threads
 * (-1: 92 % of the logical CPUs, 0: none); `MaxConcurrent` 0 means unlimited.
 */
export interface Resources {
  readonly MinMemory: number;
  readonly MaxMemory: number;
  readonly GPUUtilization: number;
  readonly MaxParallelism: number;
  readonly MaxParallelismGPU: number;
  readonly BaseMinMemory: number;
  readonly MaxConcurrent: number;
}

/** By task name on the wire, then by seal proof number in decimal. */
export type ResourceTable = Readonly<Record<string, Readonly<Record<string, Resources>>>>;

const K = 2 ** 10;
const M = 2 ** 20;
const G = 2 ** 30;

/** min memory, max memory, base memory, threads, threads with a GPU, GPUs */
type Row = readonly [number, number, number, number, number, number];
type RowsBySize = Readonly<Record<SectorSize, Row>>;

const addPiece: RowsBySize = {
  '64GiB': [8 * G, 8 * G, G, 1, 0, 0],
  '32GiB': [4 * G, 4 * G, G, 1, 0, 0],
  '512MiB': [G, G, G, 1, 0, 0],
  '8MiB': [8 * M, 8 * M, 8 * M, 1, 0, 0],
  '2KiB': [2 * K, 2 * K, 2 * K, 1, 0, 0],
};
const preCommit1: RowsBySize = {
  '64GiB': [112 * G, 128 * G, 10 * M, 1, 0, 0],
  '32GiB': [56 * G, 64 * G, 10 * M, 1, 0, 0],
  '512MiB': [768 * M, G, M, 1, 0, 0],
  '8MiB': [8 * M, 8 * M, 8 * M, 1, 0, 0],
  '2KiB': [2 * K, 2 * K, 2 * K, 1, 0, 0],
};
const preCommit2: RowsBySize = {
  '64GiB': [30 * G, 30 * G, G, -1, 6, 1],
  '32GiB': [15 * G, 15 * G, G, -1, 6, 1],
  '512MiB': [G, 1.5 * G, G, -1, 0, 0],
  '8MiB': [8 * M, 8 * M, 8 * M, -1, 0, 0],
  '2KiB': [2 * K, 2 * K, 2 * K, -1, 0, 0],
};
const commit1: RowsBySize = {
  '64GiB': [G, G, G, 0, 0, 0],
  '32GiB': [G, G, G, 0, 0, 0],
  '512MiB': [G, G, G, 0, 0, 0],
  '8MiB': [8 * M, 8 * M, 8 * M, 0, 0, 0],
  '2KiB': [2 * K, 2 * K, 2 * K, 0, 0, 0],
};
const commit2: RowsBySize = {
  '64GiB': [60 * G, 190 * G, 64 * G, -1, 6, 1],
  '32GiB': [30 * G, 150 * G, 32 * G, -1, 6, 1],
  '512MiB': [G, 1.5 * G, 10 * G, 1, 0, 1],
  '8MiB': [8 * M, 8 * M, 8 * M, 1, 0, 1],
  '2KiB': [2 * K, 2 * K, 2 * K, 1, 0, 1],
};
const replicaUpdate: RowsBySize = {
  '64GiB': [8 * G, 8 * G, G, 1, 6, 1],
  '32GiB': [4 * G, 4 * G, G, 1, 6, 1],
  '512MiB': [G, G, G, 1, 0, 1],
  '8MiB': [8 * M, 8 * M, 8 * M, 1, 0, 1],
  '2KiB': [2 * K, 2 * K, 2 * K, 1, 0, 1],
};
const windowPost: RowsBySize = {
  ...commit2,
  '64GiB': [60 * G, 120 * G, 64 * G, -1, 6, 1],
  '32GiB': [30 * G, 96 * G, 32 * G, -1, 6, 1],
};
const winningPost: RowsBySize = {
  '64GiB': [G, G, 64 * G, -1, 6, 1],
  '32GiB': [G, G, 32 * G, -1, 6, 1],
  '512MiB': [2 * K, 2 * K, 10 * G, 1, 0, 1],
  '8MiB': [8 * M, 8 * M, 8 * M, 1, 0, 1],
  '2KiB': [2 * K, 2 * K, 2 * K, 1, 0, 1],
};

/** Lotus's defaults: docs/spec/lotus.md section 6.3. Tasks that are missing here take nothing. */
const rows: Partial<Record<TaskCode, RowsBySize>> = {
  AP: addPiece,
  DC: sameForEverySize([4 * G, 4 * G, G, 1, 0, 0]),
  PC1: preCommit1,
  UNS: preCommit1,
  PC2: preCommit2,
  C1: commit1,
  PR1: commit1,
  C2: commit2,
  PR2: commit2,
  GET: sameForEverySize([M, M, 0, 0, 0, 0]),
  RU: replicaUpdate,
  GSK: replicaUpdate,
  WDP: windowPost,
  WNP: winningPost,
};

/** The resources of a task without a table entry. */
export const noResources: Resources = {
  MinMemory: 0,
  MaxMemory: 0,
  GPUUtilization: 0,
  MaxParallelism: 0,
  MaxParallelismGPU: 0,
  BaseMinMemory: 0,
  MaxConcurrent: 0,
};

/**
 * The default of one task and size. `sdrThreads` is the thread count of one PC1 or UNS: 1, or with multicore SDR 1 plus its producers
 * (`sdrThreadsOf` in resource-env.ts reads it).
 */
export function defaultResources(code: TaskCode, size: SectorSize, sdrThreads = 1): Resources {
  const row = rows[code]?.[size];
  if (row === undefined) return noResources;
  const [MinMemory, MaxMemory, BaseMinMemory, threads, MaxParallelismGPU, GPUUtilization] = row;
  const MaxParallelism = code === 'PC1' || code === 'UNS' ? sdrThreads : threads;
  return {
    MinMemory,
    MaxMemory,
    GPUUtilization,
    MaxParallelism,
    MaxParallelismGPU,
    BaseMinMemory,
    MaxConcurrent: 0,
  };
}

/** The whole table as a worker sends it, each entry made by `entry`. */
export function buildResourceTable(entry: (code: TaskCode, size: SectorSize) => Resources): ResourceTable {
  const table: Record<string, Record<string, Resources>> = {};
  for (const type of taskTypes.filter((candidate) => candidate.table)) {
    const byProof: Record<string, Resources> = {};
    for (const size of sectorSizes)
      for (const proof of tableProofsOf(size.name)) byProof[proof] = entry(type.code, size.name);
    table[type.name] = byProof;
  }
  return table;
}

function sameForEverySize(row: Row): RowsBySize {
  return { '64GiB': row, '32GiB': row, '512MiB': row, '8MiB': row, '2KiB': row };
}
