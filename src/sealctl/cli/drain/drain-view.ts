import type { Blocker } from '../../drain/blockers.ts';
import { blockerKey, blockerName, blockerText } from '../../drain/blocker-text.ts';
import type { DrainEvent } from '../../drain/events.ts';
import { durationText } from '@sealctl/core/text/units';
import { liveBlock, type TerminalSize } from '../../ui/live-block.ts';

/** Shows what a drain waits for. */
export interface DrainView {
  readonly notify: (event: DrainEvent) => void;
  /** Leaves the painted lines in place, so that other text can follow below. */
  readonly keep: () => void;
}

/** One JSON object a line, like the steps' events. */
export function jsonDrainView(write: (line: string) => void): DrainView {
  return { notify: (event) => write(JSON.stringify(event)), keep: () => undefined };
}

/** The interval at which unchanged blockers are repeated. */
const remindEveryMs = 60_000;

/** Writes one line for every blocker that appears or disappears. `now` is a clock in milliseconds. */
export function plainDrainView(write: (line: string) => void, now: () => number): DrainView {
  let told = new Map<string, Blocker>();
  let statusUnknown = false;
  let toldAt = now();
  return {
    keep: () => undefined,
    notify: (event) => {
      switch (event.event) {
        case 'drain-blockers': {
          const { host, blockers } = event;
          const seen = new Map(blockers.map((blocker) => [blockerKey(blocker), blocker]));
          const names = new Set(blockers.map(blockerName));
          for (const [key, blocker] of told)
            if (!seen.has(key) && !names.has(blockerName(blocker)))
              write(`${host}: no longer waits for ${blockerName(blocker)}`);
          const remind = now() - toldAt >= remindEveryMs;
          for (const [key, blocker] of seen)
            if (remind || !told.has(key)) write(`${host}: waits for ${blockerText(blocker)}`);
          if (remind || seen.size === 0) toldAt = now();
          if (statusUnknown) write(`${host}: the miner answers again`);
          statusUnknown = false;
          told = seen;
          return;
        }
        case 'drain-status-unknown':
          if (!statusUnknown) write(statusUnknownText(event));
          statusUnknown = true;
          return;
        case 'file-move':
          return write(moveText(event));
        case 'drain-ended':
          return;
      }
    },
  };
}

/** Repaints the list of blockers after every reading. Moves stay as lines above it. */
export function liveDrainView(write: (text: string) => void, size: TerminalSize): DrainView {
  const block = liveBlock(write, size);
  let began: number | undefined;
  return {
    keep: block.keep,
    notify: (event) => {
      switch (event.event) {
        case 'drain-blockers': {
          if (event.blockers.length === 0) return block.clear();
          began ??= performance.now();
          block.show(blockerLines(event.host, event.blockers, performance.now() - began, size.rows));
          return;
        }
        case 'drain-status-unknown':
          return block.show([statusUnknownText(event)]);
        case 'file-move':
          block.clear();
          return write(`${moveText(event)}\n`);
        case 'drain-ended':
          return block.clear();
      }
    },
  };
}

function blockerLines(host: string, blockers: readonly Blocker[], sinceMs: number, rows: number): string[] {
  // A block that is higher than the terminal could not be taken away again.
  const maxLines = Math.max(1, rows - 4);
  const shown = blockers.slice(0, maxLines).map((blocker) => `  ${blockerText(blocker)}`);
  const more = blockers.length > maxLines ? [`  and ${blockers.length - maxLines} more`] : [];
  return [`${host} waits, ${durationText(sinceMs)} so far, for:`, ...shown, ...more];
}

function statusUnknownText({ host, why }: Extract<DrainEvent, { event: 'drain-status-unknown' }>): string {
  return `${host}: cannot list blockers (${why}); retrying`;
}

function moveText(event: Extract<DrainEvent, { event: 'file-move' }>): string {
  const { host, sector, to, why } = event;
  switch (event.outcome) {
    case 'started':
      return `${host}: moving the files of sector ${sector} to ${to}`;
    case 'done':
      return `${host}: moved the files of sector ${sector} to ${to}`;
    case 'failed':
      return `${host}: cannot move the files of sector ${sector} to ${to}: ${why}`;
    case 'no-store':
      return `${host}: the files of sector ${sector} stay: ${why}`;
  }
}
