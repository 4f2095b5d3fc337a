import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';

const tested = new URL('../../../src/sealctl/cli/core/compiled-code.ts', import.meta.url);
const text = `function greeting() { return 'hello from ' + require('node:path').basename(__filename); }
console.log(greeting());
process.exitCode = Number(process.env.END_WITH ?? 0);`;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'compiled-code-'));
  writeFileSync(join(directory, 'bundle.cjs'), text);
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

async function run(command: string, env: Record<string, string> = {}): Promise<string> {
  const bundle = pathToFileURL(join(directory, 'bundle.cjs')).href;
  const program = `import { runWithCompiledCode } from '${tested.href}';
runWithCompiledCode(new URL('${bundle}'), '${command}');`;
  const { stdout } = await execa(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', program],
    {
      env: { ...env, XDG_CACHE_HOME: directory },
      reject: false,
    },
  );
  return stdout;
}

const folder = () => join(directory, 'sealctl', readdirSync(join(directory, 'sealctl'))[0] ?? '');

it('keeps what was compiled for a command that went well, for this user alone, and runs it the next time', async () => {
  expect(await run('plan')).toBe('hello from bundle.cjs');
  const kept = join(folder(), 'plan');
  const { mode, ino } = statSync(kept);
  expect(mode & 0o077).toBe(0);
  expect(statSync(folder()).mode & 0o077).toBe(0);
  expect(await run('plan')).toBe('hello from bundle.cjs');
  // Had it been of no use, it would have been written anew.
  expect(statSync(kept).ino).toBe(ino);
});

it('keeps nothing of a command that failed, and nothing for what is no command', async () => {
  await run('plan', { END_WITH: '1' });
  expect(await run('../../escape')).toBe('hello from bundle.cjs');
  expect(existsSync(join(directory, 'sealctl'))).toBe(false);
});

it('runs without code that is damaged, or that others could have written, and replaces it', async () => {
  await run('plan');
  const kept = join(folder(), 'plan');
  const good = statSync(kept).size;
  writeFileSync(kept, 'no code');
  expect(await run('plan')).toBe('hello from bundle.cjs');
  expect(statSync(kept).size).toBe(good);
  chmodSync(kept, 0o666);
  expect(await run('plan')).toBe('hello from bundle.cjs');
  expect(statSync(kept).mode & 0o077).toBe(0);
});

it('does not run code of another program text', async () => {
  await run('plan');
  writeFileSync(
    join(directory, 'bundle.cjs'),
    readFileSync(join(directory, 'bundle.cjs'), 'utf8').replace('hello', 'adieu'),
  );
  expect(await run('plan')).toBe('adieu from bundle.cjs');
});
