import { beforeEach, describe, expect, it } from 'vitest';
import type { Authenticate } from '../../../src/daemons/base/rpc/authenticate.ts';
import { RpcError, type RpcFailure } from '../../../src/core/lotus/rpc-error.ts';
import { makeTokenCheck } from '../../../src/daemons/worker/token-check.ts';

let time: number;
let asked: string[];
let trouble: RpcFailure | undefined;
let check: Authenticate;

beforeEach(() => {
  time = 0;
  asked = [];
  trouble = undefined;
  check = makeTokenCheck({
    verify: async (token) => {
      asked.push(token);
      if (trouble !== undefined) throw new RpcError(trouble, 'no');
      if (token === 'forged') throw new RpcError('answer', 'JWT verification failed');
      return ['read', 'admin'];
    },
    own: { token: 'own', permissions: ['admin'] },
    now: () => time,
  });
});

describe('checking a token', () => {
  it('asks the miner, and not again for half a minute', async () => {
    expect(await check('good')).toEqual(['read', 'admin']);
    time = 29_000;
    await check('good');
    expect(asked).toEqual(['good']);
    time = 31_000;
    await check('good');
    expect(asked).toEqual(['good', 'good']);
  });

  it('refuses what the miner refuses, the own token too', async () => {
    expect(await check('forged')).toBeUndefined();
    trouble = 'answer';
    expect(await check('own')).toBeUndefined();
  });

  it('while the miner is away accepts the own token and those vouched for in the last ten minutes', async () => {
    await check('good');
    trouble = 'unreachable';
    time = 9 * 60_000;
    expect(await check('good')).toEqual(['read', 'admin']);
    expect(await check('own')).toEqual(['admin']);
    expect(await check('never seen')).toBeUndefined();
    time = 11 * 60_000;
    expect(await check('good')).toBeUndefined();
    expect(await check('own')).toEqual(['admin']);
  });

  it('forgets a token at once when the miner comes to refuse it', async () => {
    await check('good');
    time = 60_000;
    trouble = 'answer';
    expect(await check('good')).toBeUndefined();
    trouble = 'timeout';
    expect(await check('good')).toBeUndefined();
  });
});
