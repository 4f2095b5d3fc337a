import { describe, expect, it } from 'vitest';
import { pollUntil } from '../../../src/core/async/poll.ts';

/** A wait of at most 10 s on a clock that only sleeping moves, with what it said. */
function poll(answers: readonly (string | undefined)[]) {
  let now = 0;
  let asked = 0;
  const progress: string[] = [];
  const clock = {
    now: () => now,
    sleep: (ms: number) => {
      now += ms;
      return Promise.resolve();
    },
  };
  const signal = new AbortController().signal;
  const words = { what: 'the worker to start', host: 'worker-1', fix: 'look at its log' };
  const limits = { timeoutMs: 10_000, everyMs: 3_000 };
  const ended = pollUntil(
    { ...words, ...limits, signal, clock, progress: (text) => progress.push(text) },
    () => Promise.resolve(answers[Math.min(asked++, answers.length - 1)]),
  );
  return { ended, progress, asked: () => asked };
}

describe('polling', () => {
  it('ends when nothing is missing any more, and tells each answer once', async () => {
    const { ended, progress, asked } = poll(['no session', 'no session', 'no paths', undefined]);
    await ended;
    expect(progress).toEqual(['no session', 'no paths']);
    expect(asked()).toBe(4);
  });

  it('fails with the last answer when the time is over, not before', async () => {
    const { ended, asked } = poll(['no session', 'no paths']);
    await expect(ended).rejects.toMatchObject({
      problems: [
        {
          code: 'wait-timed-out',
          why: 'no paths',
          where: { in: 'host', host: 'worker-1' },
          fix: 'look at its log',
        },
      ],
    });
    expect(asked()).toBe(5);
  });
});
