import { describe, expect, it } from 'vitest';
import { deferred } from '../../../src/core/async/deferred.ts';
import { makeLimit } from '../../../src/core/async/limit.ts';

/** Lets everything that can go on do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Works that end when they are told to, and the numbers of those that have begun. */
function works(count: number) {
  const begun: number[] = [];
  const ends = Array.from({ length: count }, () => deferred());
  const work = (index: number) => async () => {
    begun.push(index);
    await ends[index]?.promise;
    return index;
  };
  return { begun, ends, work };
}

describe('a limit', () => {
  it('lets so many run at once, and the others in the order they came', async () => {
    const limit = makeLimit(2);
    const { begun, ends, work } = works(4);
    const results = [0, 1, 2, 3].map((index) => limit(work(index)));
    await settled();
    expect(begun).toEqual([0, 1]);
    ends[1]?.resolve();
    await settled();
    expect(begun).toEqual([0, 1, 2]);
    for (const end of ends) end.resolve();
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
  });

  it('of 0 lets everything run', async () => {
    const limit = makeLimit(0);
    const { begun, work } = works(20);
    for (let index = 0; index < 20; index += 1) void limit(work(index));
    await settled();
    expect(begun.length).toBe(20);
  });

  it('gives the place of a work that failed to the next', async () => {
    const limit = makeLimit(1);
    const { begun, ends, work } = works(2);
    const first = limit(work(0));
    const second = limit(work(1));
    ends[0]?.reject(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    ends[1]?.resolve();
    expect(await second).toBe(1);
    expect(begun).toEqual([0, 1]);
  });

  it('does not let a newcomer pass those who wait', async () => {
    const limit = makeLimit(1);
    const { begun, ends, work } = works(3);
    const late = limit(work(0)).then(() => limit(work(2)));
    const second = limit(work(1));
    ends[0]?.resolve();
    await settled();
    expect(begun).toEqual([0, 1]);
    ends[1]?.resolve();
    ends[2]?.resolve();
    await Promise.all([late, second]);
    expect(begun).toEqual([0, 1, 2]);
  });

  it('forgets a work whose signal aborts while it waits, and begins none whose signal has aborted', async () => {
    const limit = makeLimit(1);
    const { begun, ends, work } = works(4);
    const first = limit(work(0));
    const stopped = new AbortController();
    const second = limit(work(1), stopped.signal);
    const third = limit(work(2), new AbortController().signal);
    stopped.abort(new Error('not needed'));
    await expect(second).rejects.toThrow('not needed');
    await expect(limit(work(3), stopped.signal)).rejects.toThrow('not needed');
    for (const end of ends) end.resolve();
    expect(await Promise.all([first, third])).toEqual([0, 2]);
    expect(begun).toEqual([0, 2]);
  });
});
