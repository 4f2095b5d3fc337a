import { describe, expect, it } from 'vitest';
import { RpcError } from '../../../../src/core/lotus/rpc-error.ts';
import { fail } from '../../../../src/core/problem/problem.ts';
import { callErrorOf } from '../../../../src/daemons/worker/calls/call-error.ts';
import { failureProblems } from '../../../../src/daemons/worker/compute/compute-process.ts';

const system = (code: string): Error =>
  Object.assign(new Error(`${code}: refused, read`), { code, errno: -1, syscall: 'read' });
const problem = (code: string): Error => fail({ code, summary: 'it failed' });
const codeOf = (error: unknown): number => callErrorOf(error, 'seal-a').Code;

describe('the error of a call', () => {
  it.each<[string, unknown, number]>([
    ['a full disk', system('ENOSPC'), 102],
    ['a quota that is used up', system('EDQUOT'), 102],
    ['no path with free space', problem('no-free-space'), 102],
    ...['EIO', 'EMFILE', 'ENOMEM', 'EROFS', 'ESTALE', 'ENOENT', 'ECONNRESET'].map(
      (code): [string, Error, number] => [code, system(code), 100],
    ),
    ...[
      'compute-process-died',
      'fetch-failed',
      'sector-file-missing',
      'piece-broke-off',
      'piece-unreachable',
      'sealing-io',
      'sealing-out-of-memory',
    ].map((code): [string, Error, number] => [code, problem(code), 100]),
    ['a miner that refuses', new RpcError('answer', 'no'), 100],
    ['a cause of the system', new TypeError('fetch failed', { cause: system('ECONNREFUSED') }), 100],
    ...['sealing-mismatch', 'sealing-not-canonical', 'sealing-wrong-size', 'piece-length', 'task-failed'].map(
      (code): [string, Error, number] => [code, problem(code), 0],
    ),
    ['an error nobody knows', new Error('broken'), 0],
  ])('that is %s has the code that says whether the sector is to blame', (_, error, code) => {
    expect(codeOf(error)).toBe(code);
  });

  it('is the same when a compute process meets it', () => {
    for (const error of [system('EIO'), system('ENOSPC'), problem('sealing-mismatch'), new Error('broken')])
      expect(codeOf(fail(failureProblems(error)[0]!))).toBe(codeOf(error));
  });
});
