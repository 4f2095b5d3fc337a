import { describe, expect, it } from 'vitest';
import { retry, retryWhileProgressing } from '../../../src/core/async/retry.ts';

const noSignal = new AbortController().signal;

describe('retrying', () => {
  it('goes on until a try succeeds, and tells of every failure', async () => {
    const failures: unknown[] = [];
    let tries = 0;
    const attempt = (): Promise<string> => {
      tries += 1;
      return tries < 3 ? Promise.reject(new Error(`try ${tries}`)) : Promise.resolve('done');
    };
    expect(await retry(attempt, noSignal, (error) => failures.push(error))).toBe('done');
    expect(failures).toEqual([new Error('try 1'), new Error('try 2')]);
  });

  it('ends with what is thrown at a failure, after which there is no other try', async () => {
    let tries = 0;
    const attempt = (): Promise<never> => {
      tries += 1;
      return Promise.reject(new Error('refused'));
    };
    const rethrow = (error: unknown): never => {
      throw error;
    };
    await expect(retry(attempt, noSignal, rethrow)).rejects.toThrow('refused');
    expect(tries).toBe(1);
  });

  it("ends with the signal's reason, also when the try failed because of it", async () => {
    const stop = new AbortController();
    const attempt = (): Promise<never> => {
      stop.abort(new Error('stopped'));
      return Promise.reject(new Error('aborted'));
    };
    const seen: unknown[] = [];
    await expect(retry(attempt, stop.signal, (error) => seen.push(error))).rejects.toThrow('stopped');
    expect(seen).toEqual([]);
  });
});

describe('retrying while there is progress', () => {
  it('gives up after four tries in a row that bring nothing, with the last error', async () => {
    let tries = 0;
    const attempt = () => {
      tries += 1;
      return Promise.resolve({ progress: tries === 1 ? 5 : 0, error: new Error(`try ${tries}`) });
    };
    await expect(retryWhileProgressing(noSignal, attempt)).rejects.toThrow('try 5');
    expect(tries).toBe(5);
  });

  it('tries nothing once the signal has aborted', async () => {
    let tries = 0;
    const attempt = () => {
      tries += 1;
      return Promise.resolve({ progress: 1 });
    };
    await expect(retryWhileProgressing(AbortSignal.abort(new Error('stopped')), attempt)).rejects.toThrow(
      'stopped',
    );
    expect(tries).toBe(0);
  });
});
