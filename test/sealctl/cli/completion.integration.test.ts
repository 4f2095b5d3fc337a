import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { sealctl } from './run-sealctl.ts';

describe('completion', () => {
  test('works in a real bash, and files are offered when nothing else is', async () => {
    const { stdout: script } = await sealctl(['completion', 'bash'], process.cwd());
    const stub = `sealctl() { printf 'drain\\ttake a host out\\ndiff\\tx\\n'; }`;
    const typed = `COMP_WORDS=(sealctl d); COMP_CWORD=1; _sealctl; echo "\${COMPREPLY[@]}"; complete -p sealctl`;
    const { stdout } = await execa('bash', ['--norc', '-c', `${stub}\n${script}\n${typed}`]);
    expect(stdout).toBe('drain diff\ncomplete -F _sealctl sealctl');
  });
});
