import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealctl } from './run-sealctl.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sealctl-'));
  writeFileSync(join(cwd, 'seal-worker'), 'worker');
  writeFileSync(join(cwd, 'cluster.yaml'), clusterText('{ PC1: 4 }'));
  writeFileSync(join(cwd, 'broken.yaml'), clusterText('{ PC9: 4, PC1: 0 }'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

function clusterText(limits: string): string {
  return `version: 1
cluster: lab
actor: f01000
sectorSize: 32GiB
releases:
  one:
    worker: { file: seal-worker, sha256: 87eba76e7f3164534045ba922e7770fb58bbd14ad732bbf5ba6f11cc56989e6e }
defaults: { release: one }
miner: { host: miner-1, listen: 10.0.0.2:2345, managed: false, token: { env: TOKEN } }
hosts:
  miner-1: { address: 10.0.0.2 }
  worker-1: { address: 10.0.0.11, tasks: [PC1], limits: ${limits} }
`;
}

const commands = [
  'validate',
  'plan',
  'apply',
  'show',
  'status',
  'watch',
  'drain',
  'undrain',
  'history',
  'completion',
];

describe('sealctl --help', () => {
  test('lists every command', async () => {
    const { stdout, code } = await sealctl(['--help'], cwd);
    for (const command of commands) expect(stdout).toContain(`\n  ${command}`);
    expect(code).toBe(0);
  });

  test.each(commands)('%s --help has an example', async (command) => {
    const { stdout } = await sealctl([command, '--help'], cwd);
    expect(stdout).toMatch(new RegExp(`EXAMPLES\\n(  .*\\n)*  .*sealctl ${command}`));
  });
});

describe('a command line that cannot be understood', () => {
  test.each([
    [['pln']],
    [['plan', '--nope']],
    [['drain']],
    [['plan', '--format', 'xml']],
    [['status', '--max-connections', '0']],
    [['status', '--max-connections', 'many']],
    [['watch', '--apply']],
    [['drain', 'worker-1', '--move-files', '--leave-files']],
    [['completion', 'csh']],
  ])('%j exits 64', async (argv) => {
    const { code, stderr } = await sealctl(argv, cwd);
    expect(code).toBe(64);
    expect(stderr).not.toBe('');
  });

  test('is told what was probably meant', async () => {
    expect((await sealctl(['pln'], cwd)).stderr).toContain('did you mean `plan`');
    expect((await sealctl(['histroy'], cwd)).stderr).toContain('did you mean `history`');
  });

  test.each([
    [['history', '--limti', '5'], '--limti, did you mean --limit?'],
    [['history', '--max-conections', '5'], '--max-conections, did you mean --max-connections?'],
    [['history', '--hots', 'worker-1'], '--hots, did you mean --host?'],
    [['plan', '--formaat', 'json'], '--formaat, did you mean --format?'],
  ])('%j is told which flag was probably meant', async (argv, told) => {
    expect((await sealctl(argv, cwd)).stderr).toContain(told);
  });

  test.each([[['history', '--most', '5']], [['history', '--all']], [['status', '--json']]])(
    '%j is told where the flags are listed, not one that means something else',
    async (argv) => {
      const { stderr } = await sealctl(argv, cwd);
      expect(stderr).toContain('--help lists the flags of the command');
      expect(stderr).not.toContain('did you mean');
    },
  );

  test('is not told of a command that has little in common with it', async () => {
    const { stderr } = await sealctl(['destroy'], cwd);
    expect(stderr).toContain('destroy');
    expect(stderr).not.toContain('did you mean');
  });
});

describe('sealctl validate', () => {
  test('shows every problem at its place and exits 1', async () => {
    const { code, stderr } = await sealctl(['validate', '--file', join(cwd, 'broken.yaml')], cwd);
    expect(code).toBe(1);
    expect(stderr).toMatch(/broken\.yaml:12:\d+/);
    expect(stderr).toContain('PC9');
    expect(stderr).toContain('2 errors');
  });

  test('says the same to programs', async () => {
    const { stdout } = await sealctl(
      ['validate', '--file', join(cwd, 'broken.yaml'), '--format', 'json'],
      cwd,
    );
    const { valid, problems } = JSON.parse(stdout) as {
      valid: boolean;
      problems: { where: { range: { line: number } } }[];
    };
    expect(valid).toBe(false);
    expect(new Set(problems.map(({ where }) => where.range.line))).toEqual(new Set([12]));
  });

  test('finds the file where the command is run', async () => {
    expect(await sealctl(['validate'], cwd)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is valid: 2 hosts'),
    });
  });
});

describe('a file for a plan', () => {
  test('that cannot be read is named, with the reason and what to do', async () => {
    const { code, stderr } = await sealctl(['apply', 'nope.json'], cwd);
    expect(code).toBe(1);
    expect(stderr).toContain('error[plan-unreadable]: the plan nope.json cannot be read');
    expect(stderr).toContain('sealctl plan --out');
  });

  test('that is none says what it lacks', async () => {
    writeFileSync(join(cwd, 'empty.json'), '{}');
    const { stderr } = await sealctl(['apply', 'empty.json'], cwd);
    expect(stderr).toContain('"version" is missing or has the wrong type');
  });

  test('that cannot be written is told before any host is read', async () => {
    const { code, stderr } = await sealctl(['plan', '--out', join(cwd, 'nodir/x.json')], cwd);
    expect(code).toBe(1);
    expect(stderr).toContain('error[plan-unwritable]');
  });
});

describe('sealctl show', () => {
  test('says of each value where it comes from', async () => {
    const { stdout, code } = await sealctl(['show', 'worker-1'], cwd);
    expect(code).toBe(0);
    expect(stdout).toMatch(/limits\.PC1 +4 +host +cluster\.yaml:12:\d+/);
    expect(stdout).toMatch(/release +one +defaults +cluster\.yaml:8:\d+/);
    expect(stdout).toMatch(/listen +0\.0\.0\.0:3456 +built-in/);
  });

  test('names the host that was meant when it is asked for another', async () => {
    const { stderr, code } = await sealctl(['show', 'worker-9'], cwd);
    expect(code).toBe(1);
    expect(stderr).toContain('did you mean "worker-1"?');
  });
});

describe('completion', () => {
  test('proposes commands, flags and hosts', async () => {
    expect((await sealctl(['__complete', '--', 'und'], cwd)).stdout).toContain('undrain\t');
    expect((await sealctl(['__complete', '--', 'plan', '--fo'], cwd)).stdout).toContain('--format\t');
    expect((await sealctl(['__complete', '--', 'drain', 'work'], cwd)).stdout).toContain('worker-1\t');
  });

  test('proposes the hosts of the file that the words name', async () => {
    writeFileSync(join(cwd, 'other.yaml'), clusterText('{ PC1: 4 }').replaceAll('worker-1', 'prover-7'));
    for (const file of [['-f', 'other.yaml'], ['--file', 'other.yaml'], ['--file=other.yaml']]) {
      const { stdout } = await sealctl(['__complete', '--', 'drain', ...file, 'pro'], cwd);
      expect(stdout, file.join(' ')).toContain('prover-7\t');
    }
  });

  test.each(['bash', 'zsh', 'fish'])('has a script for %s', async (shell) => {
    const { stdout, code } = await sealctl(['completion', shell], cwd);
    expect(code).toBe(0);
    expect(stdout).toContain('__complete --');
  });
});
