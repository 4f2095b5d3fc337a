import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeLog } from '../../../../src/daemons/base/log.ts';
import { answerBody } from '../../../../src/daemons/base/rpc/dispatch.ts';
import { loggedMethods } from '../../../../src/daemons/base/rpc/logged-methods.ts';
import { servedMethods } from '../../../../src/daemons/base/rpc/method.ts';

type TestApi = {
  Tell: { params: [word: string]; result: string };
  Fail: { params: []; result: null };
};

/** Answers a call of each method; what was logged meanwhile. */
async function logOfCalls(level: string): Promise<string[]> {
  const lines: string[] = [];
  const log = makeLog('seal-miner', { GOLOG_LOG_LEVEL: level }, { write: (line) => lines.push(line) });
  const methods = servedMethods<TestApi>({
    Tell: { permission: 'read', params: [z.string()], run: ([word]) => `answer to ${word}` },
    Fail: {
      permission: 'read',
      params: [],
      run: () => {
        throw new Error('the disk is full');
      },
    },
  });
  const call = { permissions: ['read'], signal: new AbortController().signal } as const;
  const ask = async (method: string, params: readonly string[]) => {
    const body = JSON.stringify({ id: 1, method: `Filecoin.${method}`, params });
    return (await answerBody(loggedMethods(methods, log), body, call)).body;
  };
  expect(await ask('Tell', ['hush'])).toContain('answer to hush');
  expect(await ask('Fail', [])).toContain('the disk is full');
  return lines;
}

describe('the calls of a daemon', () => {
  it('are each told at level debug, without what they carry', async () => {
    const lines = await logOfCalls('debug');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 'debug', method: 'Tell', msg: 'answered a call' }),
      expect.objectContaining({
        level: 'debug',
        method: 'Fail',
        err: expect.objectContaining({ message: 'the disk is full' }),
        msg: 'refused a call',
      }),
    ]);
    expect(lines.join('')).not.toContain('hush');
  });

  it('are told at no other level', async () => {
    expect(await logOfCalls('info')).toEqual([]);
  });
});
