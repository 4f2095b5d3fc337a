import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';

it("keeps compiled code in the user's own cache folder where Node can, and runs without where it cannot", async () => {
  const directory = mkdtempSync(join(tmpdir(), 'compile-cache-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  const tested = new URL('../../../src/sealctl/cli/compile-cache.ts', import.meta.url);
  const program = `import { enableCompileCache } from '${tested.href}'; enableCompileCache(); await import('yaml'); console.log('ran');`;
  const { stdout } = await execa(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', program],
    { env: { XDG_CACHE_HOME: directory } },
  );
  expect(stdout).toBe('ran');
  const kept = join(directory, 'sealctl');
  expect(existsSync(kept)).toBe('enableCompileCache' in nodeModule);
  if (existsSync(kept)) expect(statSync(kept).uid).toBe(process.getuid?.());
});
