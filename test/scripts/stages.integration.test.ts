import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const stages = fileURLToPath(new URL('../../scripts/stages.mjs', import.meta.url));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stages-'));
  mkdirSync(join(root, 'src'));
  writeFileSync(join(root, 'src/a'), '1');
});
afterEach(() => rmSync(root, { recursive: true }));

/** Runs one stage that reads src and makes `made` by a shell script, in a process of its own. */
async function run(script: string): Promise<{ all: string; exitCode?: number }> {
  const stage = { title: 'compile it', reads: ['src'], makes: 'made', command: ['sh', '-c', script] };
  const code = `import { stages } from ${JSON.stringify(stages)};
    await stages(${JSON.stringify(root)})(${JSON.stringify(stage)}).catch((error) => {
      console.error(error.message);
      process.exitCode = 1;
    });`;
  return execa(process.execPath, ['--input-type=module', '--eval', code], { all: true, reject: false });
}

describe('a stage of the build', () => {
  it('is one line with its time, whatever its tool says', async () => {
    const { all } = await run('echo warning: unused; echo note >&2; touch made');
    expect(all).toMatch(/^ +\d+\.\d s {2}compile it$/);
  });

  it('shows all that its tool said when it fails, and runs again', async () => {
    const failed = await run('echo error: no such header; echo in line 3 >&2; exit 7');
    expect(failed.exitCode).toBe(1);
    expect(failed.all).toContain('sealctl: could not compile it: sh -c');
    expect(failed.all).toMatch(/ended with 7\n(.*\n)*error: no such header/);
    expect(failed.all).toContain('in line 3');
    expect((await run('touch made')).all).toContain('compile it');
  });

  it('says nothing when nothing has changed, and runs again when a file has', async () => {
    await run('touch made');
    expect((await run('touch made')).all).toBe('');
    writeFileSync(join(root, 'src/a'), '2');
    expect((await run('touch made')).all).toContain('compile it');
    rmSync(join(root, 'made'));
    expect((await run('touch made')).all).toContain('compile it');
  });
});
