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

async function whyOf(argv: readonly string[]): Promise<string | undefined> {
  const [problem] = await problemsOf([{ from: 'command', argv }]);
  return problem?.why;
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

  it('tells of every reference that leads nowhere, at once, with the cause and what to do', async () => {
    const problems = await problemsOf([
      { from: 'env', name: 'UNSET' },
      { from: 'env', name: 'NONE' },
      { from: 'file', path: 'missing' },
      { from: 'file', path: 'empty' },
      { from: 'command', argv: ['no-such-program-anywhere'] },
      { from: 'command', argv: ['sh', '-c', 'echo the vault is locked >&2; exit 3'] },
      { from: 'command', argv: ['true'] },
    ]);
    const byHand = 'run the command by hand to see why, or change the reference';
    const all = { code: 'secret-unavailable', severity: 'error' };
    expect(JSON.parse(JSON.stringify(problems).replaceAll(cwd, 'CWD'))).toStrictEqual([
      {
        ...all,
        summary: 'the command "no-such-program-anywhere" did not print a secret',
        why: 'spawn no-such-program-anywhere ENOENT',
        fix: byHand,
      },
      {
        ...all,
        summary: 'the command "sh -c echo the vault is locked >&2; exit 3" did not print a secret',
        why: 'it exited with 3: the vault is locked',
        fix: byHand,
      },
      {
        ...all,
        summary: 'the command "true" printed nothing',
        fix: 'print the secret on standard output',
      },
      {
        ...all,
        summary: 'the environment variable NONE is empty',
        why: 'cluster.yaml reads a secret from it',
        fix: 'set NONE in the environment of sealctl, or change the reference',
      },
      {
        ...all,
        summary: 'the environment variable UNSET is not set',
        why: 'cluster.yaml reads a secret from it',
        fix: 'set UNSET in the environment of sealctl, or change the reference',
      },
      {
        ...all,
        summary: 'the secret file CWD/empty is empty',
        fix: 'write the secret to the file (mode 0600)',
      },
      {
        ...all,
        summary: 'the secret file CWD/missing cannot be read',
        why: "ENOENT: no such file or directory, open 'CWD/missing'",
        fix: 'write the secret to the file (mode 0600), or change the reference',
      },
    ]);
  });

  it('names how a command ended that said nothing, was killed or could not be started', async () => {
    expect(await whyOf(['sh', '-c', 'exit 4'])).toBe('it exited with 4');
    expect(await whyOf(['sh', '-c', 'kill -KILL $$'])).toBe('it was ended by SIGKILL');
    expect(await whyOf(['sh', '-c', 'echo full >&2; kill -KILL $$'])).toBe('it was ended by SIGKILL: full');
    expect(await whyOf([''])).toBe("The argument 'file' cannot be empty. Received ''");
    expect(await whyOf([])).toBe("The argument 'file' cannot be empty. Received ''");
  });

  it('repeats the last three lines of what a failing command complained of, up to 300 characters', async () => {
    expect(await whyOf(['sh', '-c', 'printf "%s\\n" one two three four >&2; exit 1'])).toBe(
      'it exited with 1: two / three / four',
    );
    const long = 'n'.repeat(150);
    expect(await whyOf(['sh', '-c', `printf "%s\\n" ${long} ${long} end >&2; exit 1`])).toBe(
      `it exited with 1: ${long} / end`,
    );
  });

  it('runs a command with the given environment and nothing else of its own', async () => {
    const argv = ['sh', '-c', 'echo "$TOKEN, ${HOME-no home}"'];
    expect(process.env['HOME']).toBeDefined();
    expect(await valueOf({ from: 'command', argv })).toBe('from the environment, no home');
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
