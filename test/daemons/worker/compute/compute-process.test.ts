import { describe, expect, it } from 'vitest';
import { fail } from '../../../../src/core/problem/problem.ts';
import { failureProblems } from '../../../../src/daemons/worker/compute/compute-process.ts';

const codesOf = (error: unknown): string[] => failureProblems(error).map(({ code }) => code);

describe('a failure in a compute process', () => {
  it('for want of free space is reported as such, whether the kernel or the file system says it', () => {
    expect(
      codesOf(fail({ code: 'sealing-io', summary: 'cannot write /seal/x: No space left on device' })),
    ).toEqual(['no-free-space']);
    expect(
      codesOf(
        fail({ code: 'sealing-io', summary: 'cannot write /seal/x at offset 32: Disk quota exceeded' }),
      ),
    ).toEqual(['no-free-space']);
    expect(
      codesOf(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })),
    ).toEqual(['no-free-space']);
  });

  it('a problem of any other kind keeps its code, its cause and its remedy', () => {
    const problem = {
      code: 'sealing-io',
      summary: 'cannot read /seal/x: Input/output error',
      why: 'w',
      fix: 'f',
    };
    expect(failureProblems(fail(problem))).toEqual([problem]);
    expect(codesOf(new Error('broke'))).toEqual(['task-failed']);
  });
});
