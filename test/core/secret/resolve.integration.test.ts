import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ProblemError, type Problem } from '../../../src/core/problem/problem.ts';
import { resolveSecrets, type SecretSources } from '../../../src/core/secret/resolve.ts';
import { secretKey, type SecretRef } from '../../../src/core/secret/secret.ts';

const cwd = mkdtempSync(join(tmpdir(), 'secrets-'));
afterAll(() => rmSync(cwd, { recursive: true }));
writeFileSync(join(cwd, 'token'), 'from a file\n');
writeFileSync(join(cwd, 'lines'), 'one\ntwo\n\n');
writeFileSync(join(cwd, 'empty'), '\n');

const sources: SecretSources = {
  cwd,
  env: { PATH: process.env['PATH'], TOKEN: 'from the environment', NONE: '' },
};

async function valueOf(ref: SecretRef): Promise<string | undefined> {
  return (await resolveSecrets([ref], sources)).get(secretKey(ref));
}

async function problemsOf(
  refs: readonly SecretRef[],
  more: Partial<SecretSources> = {},
): Promise<readonly Problem[]> {
  try {
    await resolveSecrets(refs, { ...sources, ...more });
  } catch (error) {
    if (error instanceof ProblemError) return error.problems;
    throw error;
  }
  return [];
}

describe('resolving secrets', () => {
  it('takes a variable, a file without its last newline, or what a command writes', async () => {
    expect(await valueOf({ from: 'env', name: 'TOKEN' })).toBe('from the environment');
    expect(await valueOf({ from: 'file', path: 'token' })).toBe('from a file');
    expect(await valueOf({ from: 'file', path: join(cwd, 'token') })).toBe('from a file');
    expect(await valueOf({ from: 'file', path: 'lines' })).toBe('one\ntwo\n');
    expect(await valueOf({ from: 'command', argv: ['cat', 'token'] })).toBe('from a file');
  });

  it('gives a command its words as they are, without a shell', async () => {
    expect(await valueOf({ from: 'command', argv: ['printf', '%s', '$(id); `id` "x"'] })).toBe(
      '$(id); `id` "x"',
    );
  });

  it("leaves the miner's own token for later", async () => {
    expect(await resolveSecrets([{ from: 'miner-token' }], sources)).toEqual(new Map());
  });

  it('tells of every reference that leads nowhere, at once', async () => {
    const problems = await problemsOf([
      { from: 'env', name: 'UNSET' },
      { from: 'env', name: 'NONE' },
      { from: 'file', path: 'missing' },
      { from: 'file', path: 'empty' },
      { from: 'command', argv: ['no-such-program-anywhere'] },
      { from: 'command', argv: ['sh', '-c', 'echo the vault is locked >&2; exit 3'] },
      { from: 'command', argv: ['true'] },
    ]);
    expect(problems.map(({ summary }) => summary.replace(cwd, 'CWD'))).toEqual([
      'the command "no-such-program-anywhere" did not print a secret',
      'the command "sh -c echo the vault is locked >&2; exit 3" did not print a secret',
      'the command "true" printed nothing',
      'the environment variable NONE is empty',
      'the environment variable UNSET is not set',
      'the secret file CWD/empty is empty',
      'the secret file CWD/missing cannot be read',
    ]);
    expect(problems[1]?.why).toBe('it exited with 3: the vault is locked');
  });

  it('never repeats what a failing command gave away', async () => {
    const [problem] = await problemsOf([
      { from: 'command', argv: ['sh', '-c', 'cat token; echo "bad: $(cat token)" >&2; exit 1'] },
    ]);
    expect(problem?.why).toBe('it exited with 1: bad: ********');
  });

  it('never repeats another secret that a failing command complained of', async () => {
    writeFileSync(join(cwd, 'password'), 'no-token-but-secret\n');
    const [problem] = await problemsOf([
      { from: 'file', path: 'password' },
      { from: 'command', argv: ['sh', '-c', 'echo "refused: $(cat password)" >&2; exit 1'] },
    ]);
    expect(problem?.why).toBe('it exited with 1: refused: ********');
  });

  it('never repeats a part of one either, however long the complaint is', async () => {
    writeFileSync(join(cwd, 'password'), 'S3CRET-'.repeat(20));
    const complaint = `printf 'refused, for the ${'n'.repeat(250)} of it: %s\\n' "$(cat password)" >&2; exit 1`;
    const [problem] = await problemsOf([
      { from: 'file', path: 'password' },
      { from: 'command', argv: ['sh', '-c', complaint] },
    ]);
    expect(problem?.why).not.toContain('S3CRET');
  });

  it('gives up on a command that does not end', async () => {
    const [problem] = await problemsOf([{ from: 'command', argv: ['sleep', '60'] }], {
      commandTimeoutMs: 50,
    });
    expect(problem?.why).toBe('it did not end within 0.05 s');
  });

  it('asks each source once', async () => {
    const counted = join(cwd, 'count');
    const ref: SecretRef = {
      from: 'command',
      argv: ['sh', '-c', `echo x >> ${counted}; wc -l < ${counted}`],
    };
    expect(await valueOf(ref)).toBe('1');
    const values = await resolveSecrets([ref, ref, { ...ref }], sources);
    expect(values.get(secretKey(ref))).toBe('2');
  });
});
