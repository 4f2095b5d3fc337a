import { describe, expect, it } from 'vitest';
import { sudoProblem } from '../../../src/sealctl/ssh/become-root.ts';

const ended = (status: number, stderr: string) =>
  sudoProblem('worker-1', 'ops', { status, stderr, stdout: Buffer.alloc(0) })?.problems[0]?.code;

describe('sudoProblem', () => {
  it.each([
    'sudo: a password is required\n',
    'sudo: a terminal is required to read the password; either use the -S option\nsudo: a password is required\n',
    'Sorry, user ops is not allowed to execute /bin/sh as root on worker-1.\n',
    'sudo: unable to resolve host worker-1: Name or service not known\nsudo: a password is required\n',
    'ops is not in the sudoers file.\n',
  ])('knows %j', (stderr) => {
    expect(ended(1, stderr)).toBe('sudo-password-needed');
  });

  it('knows that there is none', () => {
    expect(ended(127, "env: 'sudo': No such file or directory\n")).toBe('sudo-missing');
    expect(ended(127, 'env: ‘sudo’: No such file or directory\n')).toBe('sudo-missing');
  });

  it('leaves the failures of the program alone', () => {
    expect(ended(1, 'cp: cannot stat\n')).toBeUndefined();
    expect(ended(0, 'sudo: a password is required\n')).toBeUndefined();
    expect(ended(127, 'sh: 1: sudoku: not found\n')).toBeUndefined();
  });
});
