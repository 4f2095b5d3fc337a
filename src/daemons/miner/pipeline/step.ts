import type { Step } from './step-name.ts';
import { sectorSizeOfProof } from '@sealctl/core/lotus/seal-proof';
import { sectorSize } from '@sealctl/core/lotus/sector-size';
import type { Chain } from './chain.ts';
import { filled, withPiece } from './pieces.ts';
import { missingFor } from './required.ts';
import { withResult } from './result.ts';
import type { FailureCause, LogEntry, Sector, SectorEvent, SectorState } from './sector.ts';
import { withAvoidedWorker } from './avoided-worker.ts';
import { sideTaskSteps, stateRules, triesOfStep } from './states.ts';

/** A sector after an event, with its next step and new log entries. */
export interface Stepped {
  readonly sector: Sector;
  readonly log: readonly LogEntry[];
  /** The step to run; undefined when the sector waits or rests. */
  readonly wants: Step | undefined;
  /** Time of the next check, if no event comes before. */
  readonly wakeAt: number | undefined;
}

/** Pause after a failure of the work itself, as in Lotus. */
const failurePauseMs = 60_000;
/** Pause after a failure of a machine or a connection; it doubles with each consecutive failure, up to a minute. */
const infraPauseMs = 5_000;
const longestPauseMs = 60_000;

/**
 * Advances a sector by one event. Pure: time is a parameter in milliseconds, randomness comes from the chain. Throws when the event does
 * not apply to the sector's state.
 */
export function stepSector(before: Sector, event: SectorEvent, chain: Chain, now: number): Stepped {
  const log: LogEntry[] = [];
  const note = (kind: string, message: string): void => void log.push({ at: now, kind, message });
  let sector = apply(before, event, now, note);
  // Transitions without a wait follow each other at once. The bound is far above the number of states.
  for (let round = 0; round < 100; round += 1) {
    const after = advance(sector, chain, now);
    if (after === sector) break;
    if (after.state !== sector.state) note('state', `${sector.state} -> ${after.state}`);
    sector = after;
  }
  return { sector, log, wants: wantedStep(sector, now), wakeAt: wakeTime(sector, chain, now) };
}

/** The step that a sector needs now. */
export function wantedStep(sector: Sector, now: number): Step | undefined {
  if ((sector.wakeAt ?? 0) > now) return undefined;
  const rule = stateRules[sector.state];
  if (rule.does === 'steps') return rule.steps(sector).find((step) => !sector.done.includes(step));
  if (rule.does !== 'rest' || sector.sideTask === undefined) return undefined;
  const { kind, done } = sector.sideTask;
  return sideTaskSteps[kind].find((step) => !done.includes(step));
}

type Note = (kind: string, message: string) => void;

function apply(sector: Sector, event: SectorEvent, now: number, note: Note): Sector {
  switch (event.kind) {
    case 'tick':
      return sector;
    case 'step-done': {
      if (!expects(sector, event.step)) return sector;
      note(`done;${event.step}`, '');
      const {
        lastError: _,
        wakeAt: __,
        avoidedWorker: ___,
        ...rest
      } = withResult(sector, event.step, event.value);
      return withStepDone({ ...rest, infraFailures: 0 }, event.step);
    }
    case 'step-failed': {
      if (!expects(sector, event.step)) return sector;
      note(`failed;${event.step}`, event.error.Message);
      const { step, worker, error, cause } = event;
      const known = worker === undefined ? sector : withAvoidedWorker(sector, step, worker, now);
      return afterFailureBy[cause](known, step, error.Message, now);
    }
    case 'add-piece': {
      note('add-piece', `${event.piece.size} bytes`);
      return withNewPiece(sector, event.piece, now);
    }
    case 'pieces-lost':
      return withoutPieces(sector, note);
    case 'start-packing':
      require(sector, ['WaitDeals'], 'has no pieces that wait to be sealed');
      return enter(sector, 'Packing', now);
    case 'mark-for-upgrade':
      require(sector, ['Proving'], 'is not Proving');
      if (sector.pieces.some(({ source }) => source !== undefined) || sector.update !== undefined)
        throw new Error(
          `sector ${sector.number} already holds data; only committed capacity can be upgraded`,
        );
      return enter(sector, 'Available', now);
    case 'side-task':
      require(sector, ['Proving', 'Available'], 'is not sealed');
      if (sector.sideTask !== undefined)
        throw new Error(`sector ${sector.number} is busy with ${sector.sideTask.kind}`);
      if (event.sideTask === 'regenerate' && sector.update === undefined)
        throw new Error(`sector ${sector.number} has no update to regenerate its key from`);
      return { ...sector, failures: {}, sideTask: { kind: event.sideTask, done: [] } };
    case 'remove':
      if (sector.state === 'Removed' || sector.state === 'Removing') return sector;
      return enter(sector, 'Removing', now);
    case 'force-state': {
      const missing = missingFor(sector, event.state);
      if (missing.length > 0)
        throw new Error(
          `sector ${sector.number} cannot be put into ${event.state}: it has no ${missing.join(', no ')} yet`,
        );
      const { sideTask: _, ...rest } = sector;
      return { ...enter(rest, event.state, now), failures: {}, infraFailures: 0 };
    }
  }
}

/** Applies one transition that is due; otherwise returns the same sector. */
function advance(sector: Sector, chain: Chain, now: number): Sector {
  if ((sector.wakeAt ?? 0) > now) return sector;
  const rule = stateRules[sector.state];
  switch (rule.does) {
    case 'rest':
      return afterSideTask(sector);
    case 'pause':
      return enter(sector, rule.next(sector), now);
    case 'ask-chain':
      return askChain(sector, rule.next, chain, now);
    case 'steps': {
      const packed = fill(sector);
      if (packed !== sector) return packed;
      if (rule.steps(sector).some((step) => !sector.done.includes(step))) return sector;
      return enter(sector, rule.next(sector), now);
    }
  }
}

/** Fills a sector with zeros when it enters Packing. */
function fill(sector: Sector): Sector {
  const bytes = bytesOf(sector);
  if (sector.state === 'Packing') {
    const pieces = filled(sector.pieces, bytes);
    return pieces.length === sector.pieces.length ? sector : { ...sector, pieces };
  }
  if (sector.state === 'SnapDealsPacking' && sector.update !== undefined) {
    const pieces = filled(sector.update.pieces, bytes);
    return pieces.length === sector.update.pieces.length
      ? sector
      : { ...sector, update: { ...sector.update, pieces } };
  }
  return sector;
}

function askChain(sector: Sector, next: SectorState, chain: Chain, now: number): Sector {
  const head = chain.head(now);
  switch (sector.state) {
    case 'GetTicket':
      return enter({ ...sector, ticket: chain.ticket(sector.number, head) }, next, now);
    case 'SubmitPreCommitBatch':
    case 'SubmitCommitAggregate':
    case 'SubmitReplicaUpdate':
      return enter({ ...sector, sentAt: head }, next, now);
    case 'WaitSeed': {
      const seed = chain.seed(sector.number, chain.landing(sector.sentAt ?? head));
      return head < seed.epoch ? sector : enter({ ...sector, seed }, next, now);
    }
    default:
      return head < chain.landing(sector.sentAt ?? head) ? sector : enter(sector, next, now);
  }
}

function enter(sector: Sector, state: SectorState, now: number): Sector {
  const { wakeAt: _, ...rest } = sector;
  // A phase that starts over drops its previous results.
  const { preCommit1: __, commit1: ___, ...fresh } = rest;
  const kept = state === 'PreCommit1' ? fresh : rest;
  return { ...kept, ...chargedToStepBefore(sector, state), state, since: now, done: [] };
}

/** The last allowed failure of PC2 counts as a failure of its PC1; after another PC1 the retries of PC2 start again. */
function chargedToStepBefore(
  { state: from, failures }: Sector,
  state: SectorState,
): Pick<Sector, 'failures'> | undefined {
  if (from !== 'SealPreCommit2Failed' || state !== 'PreCommit1') return undefined;
  return { failures: { ...failures, PC1: (failures['PC1'] ?? 0) + 1, PC2: 0 } };
}

const afterFailureBy: Readonly<
  Record<FailureCause, (sector: Sector, step: Step, message: string, now: number) => Sector>
> = { infrastructure: afterInfraFailure, operator: afterStop, task: afterFailure };

function afterInfraFailure(sector: Sector, _: string, message: string, now: number): Sector {
  const pause = Math.min(longestPauseMs, infraPauseMs * 2 ** Math.min(sector.infraFailures, 10));
  return { ...sector, infraFailures: sector.infraFailures + 1, lastError: message, wakeAt: now + pause };
}

function afterFailure(sector: Sector, step: Step, message: string, now: number): Sector {
  const failures = { ...sector.failures, [step]: (sector.failures[step] ?? 0) + 1 };
  const failed = { ...sector, failures };
  // There is no state for a failed side task: it is abandoned, and the sector keeps resting.
  if (stateRules[sector.state].does === 'rest' && failures[step]! > triesOfStep)
    return withoutSideTask(failed, message);
  return afterStop(failed, step, message, now);
}

function withoutSideTask(sector: Sector, message: string): Sector {
  const { sideTask: _, wakeAt: __, ...rest } = sector;
  return { ...rest, failures: {}, lastError: message };
}

function afterStop(sector: Sector, _: string, message: string, now: number): Sector {
  const rule = stateRules[sector.state];
  const state = rule.does === 'steps' ? rule.failed : sector.state;
  return { ...enter({ ...sector, lastError: message }, state, now), wakeAt: now + failurePauseMs };
}

function withNewPiece(sector: Sector, piece: AddedPiece, now: number): Sector {
  require(sector, ['WaitDeals', 'Available'], 'takes no pieces');
  const snap = sector.state === 'Available';
  const pieces = withPiece(snap ? [] : sector.pieces, piece, bytesOf(sector));
  if (pieces === undefined)
    throw new Error(`sector ${sector.number} has no space for ${piece.size} more bytes`);
  return snap
    ? enter({ ...sector, update: { pieces } }, 'SnapDealsAddPiece', now)
    : enter({ ...sector, pieces }, 'AddPiece', now);
}

/** Marks pieces that a worker lost to be written again, from the miner's spool or as zeros. Ticket and state do not change. */
function withoutPieces(sector: Sector, note: Note): Sector {
  require(sector, ['AddPiece', 'Packing', 'PreCommit1'], 'has made something of its pieces already');
  note('pieces-lost', 'the pieces are written again');
  const { lastError: _, wakeAt: __, ...rest } = sector;
  return {
    ...rest,
    done: [],
    infraFailures: 0,
    pieces: sector.pieces.map(({ cid: ___, ...piece }) => piece),
  };
}

type AddedPiece = Extract<SectorEvent, { kind: 'add-piece' }>['piece'];

function withStepDone(sector: Sector, step: Step): Sector {
  const { sideTask } = sector;
  if (stateRules[sector.state].does === 'steps') return { ...sector, done: [...sector.done, step] };
  return sideTask === undefined
    ? sector
    : { ...sector, sideTask: { ...sideTask, done: [...sideTask.done, step] } };
}

function afterSideTask(sector: Sector): Sector {
  const { sideTask, ...rest } = sector;
  if (sideTask === undefined || sideTaskSteps[sideTask.kind].some((step) => !sideTask.done.includes(step)))
    return sector;
  return rest;
}

/** False for the result of a completed step, such as a duplicate; it changes nothing. */
function expects(sector: Sector, step: Step): boolean {
  return wantedStep(sector, Infinity) === step;
}

/** The time at which a waiting sector is checked: the end of its pause, or the next epoch where it waits for the chain. */
function wakeTime(sector: Sector, chain: Chain, now: number): number | undefined {
  if ((sector.wakeAt ?? 0) > now) return sector.wakeAt;
  if (stateRules[sector.state].does !== 'ask-chain') return undefined;
  let time = now;
  // Epochs have equal length. Doubling finds the next one without knowing that length.
  for (let ahead = 1; chain.head(time) === chain.head(now) && ahead < 2 ** 31; ahead *= 2) time = now + ahead;
  return time;
}

function require(sector: Sector, states: readonly SectorState[], complaint: string): void {
  if (!states.includes(sector.state))
    throw new Error(`sector ${sector.number} ${complaint}: it is in state ${sector.state}`);
}

function bytesOf({ proof }: Sector): number {
  const size = sectorSizeOfProof(proof);
  if (size === undefined) throw new RangeError(`unknown seal proof ${proof}`);
  return sectorSize(size).bytes;
}
