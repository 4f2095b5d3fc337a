import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../../src/core/problem/problem.ts';
import { callErrorOf } from '../../../../src/daemons/worker/calls/call-error.ts';

const codeOf = (error: unknown): number => callErrorOf(error, 'seal-a').Code;

describe('the error of a call', () => {
  it('does not count against the sector where a program or a file is missing on the host', async () => {
    const [noProgram] = (await once(spawn('/no/such/taskset'), 'error')) as [Error];
    const noFile = await readFile('/no/such/mount').catch((error: unknown) => error);
    expect([noProgram, noFile].map(codeOf)).toEqual([100, 100]);
    expect(callErrorOf(noFile, 'seal-a').Message).toBe(`${messageOf(noFile)} [name: seal-a]`);
  });
});
