import { stepParts, type Step } from './step-name.ts';
import type { PathType } from '@sealctl/core/lotus/rpc-values';
import {
  fileMaskOf,
  type SectorFileMask,
  type SectorFileTypeName,
  type SectorId,
} from '@sealctl/core/lotus/sector-file';
import type { TaskCode } from '@sealctl/core/lotus/task-type';
import type { WorkerTaskMethod } from '@sealctl/core/lotus/worker-api';
import type { FetchPlan, Locks, Need } from '../schedule/snapshot.ts';
import { unpaddedBytes } from './pieces.ts';
import { hasData, type SectorPiece, type Sector } from './sector.ts';

/** One step as a request to a worker. */
export interface TaskSpec {
  readonly task: TaskCode;
  readonly method: WorkerTaskMethod;
  readonly params: readonly unknown[];
  readonly need: Need;
  readonly fetch?: FetchPlan;
  readonly locks: Locks;
}

/** Files that the miner itself deletes on every path, by HTTP. */
export interface Deletion {
  readonly deletes: SectorFileMask;
}

/** Facts about the cluster that task specs are built from. */
export interface TaskSpecContext {
  readonly miner: number;
  /** URL of a spooled piece, without a token. */
  readonly pieceUrl: (source: string) => string;
  /** The kind of path that currently holds a file of the sector. */
  readonly useOf: (sector: SectorId, files: SectorFileMask) => PathType;
}

const layers = fileMaskOf(['sealed', 'cache']);
const updated = fileMaskOf(['update', 'update-cache']);
const everything = 63;

/**
 * The task of a step: the RPC call, the requirement on the worker's storage, the files to fetch first, and the files read and written. Each
 * line corresponds to a row of the table of docs/spec/lotus.md section 12.3.
 */
export function taskSpecOf(sector: Sector, step: Step, context: TaskSpecContext): TaskSpec | Deletion {
  const id: SectorId = { Miner: context.miner, Number: sector.number };
  const ref = { ID: id, ProofType: sector.proof };
  const { name, piece } = stepParts(step);
  const update = sector.update ?? { pieces: [] };
  switch (name) {
    case 'AP':
      return addPiece(ref, sector.pieces, piece, context);
    case 'AP-update':
      return addPiece(ref, update.pieces, piece, context);
    case 'PC1':
      return {
        task: 'PC1',
        method: 'SealPreCommit1',
        params: [ref, given(sector.ticket, 'ticket').value, pieceInfos(sector.pieces)],
        need: { kind: 'allocate', files: layers, use: 'sealing' },
        fetch: { files: mask('unsealed'), use: 'sealing', mode: 'move' },
        locks: { reads: mask('unsealed'), writes: layers },
      };
    case 'PC2':
      return {
        task: 'PC2',
        method: 'SealPreCommit2',
        params: [ref, given(sector.preCommit1, 'PC1 output')],
        need: { kind: 'holder', files: layers, fetchable: true },
        fetch: { files: layers, use: 'sealing', mode: 'move' },
        locks: { reads: mask('sealed'), writes: mask('cache') },
      };
    case 'C1':
      return {
        task: 'C1',
        method: 'SealCommit1',
        params: [
          ref,
          given(sector.ticket, 'ticket').value,
          given(sector.seed, 'seed').value,
          pieceInfos(sector.pieces),
          { Unsealed: link(sector.commD), Sealed: link(sector.commR) },
        ],
        need: { kind: 'holder', files: layers, fetchable: false },
        fetch: { files: layers, use: 'sealing', mode: 'move' },
        locks: { reads: mask('sealed'), writes: mask('cache') },
      };
    case 'C2':
      return anywhere('C2', 'SealCommit2', [ref, given(sector.commit1, 'C1 output')]);
    case 'FUS':
      return {
        task: 'FUS',
        method: 'ReleaseUnsealed',
        params: [ref, hasData(sector) ? [{ Offset: 0, Size: unpaddedBytes(sizeOf(sector)) }] : null],
        ...inPlace(id, mask('unsealed'), context),
        locks: { reads: 0, writes: mask('unsealed') },
      };
    case 'FIN':
      return {
        task: 'FIN',
        method: 'FinalizeSector',
        params: [ref],
        ...inPlace(id, mask('cache'), context),
        locks: { reads: 0, writes: layers | mask('unsealed') },
      };
    case 'FRU':
      return {
        task: 'FRU',
        method: 'FinalizeReplicaUpdate',
        params: [ref],
        need: { kind: 'holder', files: mask('update-cache'), fetchable: false },
        fetch: {
          files: mask('cache', 'update-cache'),
          use: context.useOf(id, mask('update')),
          mode: 'move',
        },
        locks: { reads: 0, writes: layers | updated | mask('unsealed') },
      };
    case 'store':
      return moveTask(
        ref,
        hasData(sector) && sector.update === undefined ? layers | mask('unsealed') : layers,
      );
    case 'store-update':
      return moveTask(ref, updated);
    case 'store-unsealed':
      return moveTask(ref, mask('unsealed'));
    case 'RU':
      return {
        task: 'RU',
        method: 'ReplicaUpdate',
        params: [ref, pieceInfos(update.pieces)],
        need: { kind: 'allocate', files: updated, use: 'sealing' },
        fetch: { files: layers | mask('unsealed'), use: 'sealing', mode: 'copy' },
        locks: { reads: layers | mask('unsealed'), writes: updated },
      };
    case 'PR1':
      return {
        task: 'PR1',
        method: 'ProveReplicaUpdate1',
        params: [ref, link(sector.commR), link(update.sealed), link(update.unsealed)],
        need: { kind: 'holder', files: updated, fetchable: false },
        fetch: { files: layers | updated, use: 'sealing', mode: 'copy' },
        locks: { reads: layers | updated, writes: 0 },
      };
    case 'PR2':
      return anywhere('PR2', 'ProveReplicaUpdate2', [
        ref,
        link(sector.commR),
        link(update.sealed),
        link(update.unsealed),
        given(update.vanilla, 'vanilla proofs'),
      ]);
    case 'UNS':
      return {
        task: 'UNS',
        method: 'UnsealPiece',
        params: [
          ref,
          0,
          unpaddedBytes(sizeOf(sector)),
          given(sector.ticket, 'ticket').value,
          link(update.unsealed ?? sector.commD),
        ],
        need: { kind: 'holder', files: update.sealed === undefined ? layers : updated, fetchable: true },
        fetch: { files: update.sealed === undefined ? layers : updated, use: 'sealing', mode: 'copy' },
        locks: { reads: layers | updated, writes: mask('unsealed') },
      };
    case 'GSK':
      return {
        task: 'GSK',
        method: 'GenerateSectorKeyFromData',
        params: [ref, link(update.unsealed)],
        need: { kind: 'holder', files: mask('unsealed', 'cache') | updated, fetchable: true },
        fetch: { files: mask('unsealed', 'update'), use: 'sealing', mode: 'copy' },
        locks: { reads: mask('unsealed') | updated, writes: layers },
      };
    case 'delete-sealed':
      return { deletes: mask('sealed') };
    case 'delete-all':
      return { deletes: everything };
  }
}

function addPiece(
  ref: Ref,
  pieces: readonly SectorPiece[],
  index: number,
  context: TaskSpecContext,
): TaskSpec {
  const piece = given(pieces[index], 'piece');
  const size = unpaddedBytes(piece.size);
  const reader =
    piece.source === undefined
      ? { Type: 'null', Info: String(size) }
      : { Type: 'http', Info: context.pieceUrl(piece.source) };
  const existing = pieces.slice(0, index).map((before) => unpaddedBytes(before.size));
  return {
    task: 'AP',
    method: 'AddPiece',
    params: [ref, existing, size, reader],
    need:
      index === 0
        ? { kind: 'allocate', files: mask('unsealed'), use: 'sealing' }
        : { kind: 'holder', files: mask('unsealed'), fetchable: false },
    locks: { reads: 0, writes: mask('unsealed') },
  };
}

/** A task on files in their current place: on a sealing path, or already in storage. */
function inPlace(
  id: SectorId,
  files: SectorFileMask,
  context: TaskSpecContext,
): Pick<TaskSpec, 'need' | 'fetch'> {
  return {
    need: { kind: 'holder', files, fetchable: false },
    fetch: { files, use: context.useOf(id, files), mode: 'move' },
  };
}

function moveTask(ref: Ref, files: SectorFileMask): TaskSpec {
  return {
    task: 'GET',
    method: 'MoveStorage',
    params: [ref, files],
    need: { kind: 'move', files },
    fetch: { files, use: 'storage', mode: 'move' },
    locks: { reads: 0, writes: files },
  };
}

function anywhere(task: TaskCode, method: WorkerTaskMethod, params: readonly unknown[]): TaskSpec {
  return { task, method, params, need: { kind: 'anywhere' }, locks: { reads: 0, writes: 0 } };
}

interface Ref {
  readonly ID: SectorId;
  readonly ProofType: number;
}

function pieceInfos(pieces: readonly SectorPiece[]): { Size: number; PieceCID: { '/': string } }[] {
  return pieces.map(({ size, cid }) => ({ Size: size, PieceCID: link(cid) }));
}

function link(cid: string | undefined): { '/': string } {
  return { '/': given(cid, 'commitment') };
}

function sizeOf({ pieces }: Sector): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}

function given<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`the sector has no ${what} yet`);
  return value;
}

function mask(...names: SectorFileTypeName[]): SectorFileMask {
  return fileMaskOf(names);
}
