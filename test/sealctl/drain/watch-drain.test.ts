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

/** Watches looks that answer one after the other, the last one for ever; time passes only in pauses. */
async function watch(looks: readonly (readonly Blocker[] | Error)[], changes: Partial<DrainWatch> = {}) {
  const events: DrainEvent[] = [];
  let time = 0;
  let look = 0;
  const ended = await watchDrain({
    host: 'host',
    timeoutMs: 60_000,
    clock: {
      now: () => time,
      sleep: (ms) => {
        time += ms;
        return Promise.resolve();
      },
    },
    stopping: new AbortController().signal,
    cordon: () => Promise.resolve(),
    readBlockers: () => {
      const answer = looks[Math.min(look, looks.length - 1)] ?? [];
      look += 1;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    held: () => Promise.resolve(true),
    leaveFiles: false,
    notify: (event) => events.push(event),
    ...changes,
  });
  return { ended, looks: look, events };
}

describe('watching a drain', () => {
  it('ends when nothing is waited for any more', async () => {
    expect(await watch([[running, onlyHere], [onlyHere], []])).toMatchObject({ ended: 'clear', looks: 3 });
  });

  it('waits for sectors that only the host has, unless they are to be left', async () => {
    expect((await watch([[onlyHere]])).ended).toBe('timed-out');
    expect((await watch([[running, onlyHere], [onlyHere]], { leaveFiles: true })).ended).toBe('clear');
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
    const seen: number[] = [];
    const advanceMoves = (copies: readonly unknown[]) => {
      seen.push(copies.length);
      return Promise.resolve();
    };
    await watch([[onlyHere], []], { advanceMoves });
    expect(seen).toEqual([1, 0]);
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
