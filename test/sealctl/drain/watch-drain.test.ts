import { describe, expect, it } from 'vitest';
import type { Blocker } from '../../../src/sealctl/drain/blockers.ts';
import type { DrainEvent } from '../../../src/sealctl/drain/events.ts';
import { watchDrain, type DrainWatch } from '../../../src/sealctl/drain/watch-drain.ts';

const sector = { Miner: 1000, Number: 1 };
const running: Blocker = {
  blocker: 'task',
  sector,
  task: 'PC1',
  worker: 'w',
  phase: 'running',
  elapsedMs: 0,
};
const onlyHere: Blocker = {
  blocker: 'only-copy',
  sector,
  files: ['sealed'],
  paths: ['p'],
  state: 'Proving',
  phase: 'finished',
  elapsedMs: 0,
};

/** Watches looks that answer one after the other, the last one for ever; each takes `lookMs`. The clock begins at 100,000. */
async function watch(
  looks: readonly (readonly Blocker[] | Error)[],
  { lookMs = 0, ...changes }: Partial<DrainWatch> & { readonly lookMs?: number } = {},
) {
  const events: DrainEvent[] = [];
  const pauses: number[] = [];
  const holdAsked: number[] = [];
  const begin = 100_000;
  let time = begin;
  let look = 0;
  const ended = await watchDrain({
    host: 'host',
    timeoutMs: 60_000,
    clock: {
      now: () => time,
      sleep: (ms) => {
        pauses.push(ms);
        time += ms;
        return Promise.resolve();
      },
    },
    stopping: new AbortController().signal,
    cordon: () => Promise.resolve(),
    readBlockers: () => {
      const answer = looks[Math.min(look, looks.length - 1)] ?? [];
      look += 1;
      time += lookMs;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    held: () => {
      holdAsked.push(time - begin);
      return Promise.resolve(true);
    },
    leaveFiles: false,
    notify: (event) => events.push(event),
    ...changes,
  });
  return { ended, looks: look, events, pauses, holdAsked };
}

describe('watching a drain', () => {
  it('ends when nothing is waited for any more', async () => {
    expect(await watch([[running, onlyHere], [onlyHere], []])).toMatchObject({ ended: 'clear', looks: 3 });
  });

  it('waits for sectors that only the host has, unless they are to be left', async () => {
    expect((await watch([[onlyHere]])).ended).toBe('timed-out');
    const left = await watch([[running, onlyHere], [onlyHere]], { leaveFiles: true });
    expect(left).toMatchObject({ ended: 'clear', looks: 2 });
    expect(left.events).toEqual([
      { event: 'drain-blockers', host: 'host', blockers: [running] },
      { event: 'drain-blockers', host: 'host', blockers: [] },
      { event: 'drain-ended', host: 'host', ended: 'clear' },
    ]);
  });

  it('ends with the look at which its time has passed', async () => {
    const { ended, looks, events } = await watch([[running]], { timeoutMs: 3000 });
    expect({ ended, looks }).toEqual({ ended: 'timed-out', looks: 4 });
    expect(events.at(-1)).toEqual({ event: 'drain-ended', host: 'host', ended: 'timed-out' });
  });

  it('looks every second, and pauses twice as long as a look that took longer than half of it', async () => {
    const pauses = async (lookMs: number) => (await watch([[running], [running], []], { lookMs })).pauses;
    expect(await pauses(0)).toEqual([1000, 1000]);
    expect(await pauses(400)).toEqual([1000, 1000]);
    expect(await pauses(2000)).toEqual([4000, 4000]);
  });

  it('asks every three seconds whether the host is still on hold, and once more before it is clear', async () => {
    const { holdAsked } = await watch([...Array.from({ length: 8 }, () => [running]), []]);
    expect(holdAsked).toEqual([3000, 6000, 8000]);
  });

  it('goes on when a look fails, and says so', async () => {
    const { ended, events } = await watch([new Error('the miner is away'), [running], []]);
    expect(ended).toBe('clear');
    expect(events[0]).toEqual({ event: 'drain-status-unknown', host: 'host', why: 'the miner is away' });
  });

  it('is over when somebody lifts the hold, also in the last moment', async () => {
    expect((await watch([[running]], { held: () => Promise.resolve(false) })).ended).toBe('cancelled');
    expect((await watch([[]], { held: () => Promise.resolve(false) })).ended).toBe('cancelled');
  });

  it('lets a move tell that it is over before it ends', async () => {
    const seen: unknown[] = [];
    const advanceMoves = (copies: readonly unknown[]) => {
      seen.push(copies);
      return Promise.resolve();
    };
    await watch([[running, onlyHere], []], { advanceMoves });
    expect(seen).toEqual([[onlyHere], []]);
  });

  it('ends at once when its watcher is interrupted', async () => {
    const stopping = new AbortController();
    const notify = (event: DrainEvent) => {
      if (event.event === 'drain-blockers') stopping.abort();
    };
    expect(await watch([[running]], { stopping: stopping.signal, notify })).toMatchObject({
      ended: 'interrupted',
      looks: 1,
    });
  });
});
