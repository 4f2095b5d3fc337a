// npm run release: makes every artifact of the checked-out commit twice, in two clones in different directories, compares them byte by
// byte, leaves them in dist/release/ and tries them.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildInfo } from '../../src/core/version.ts';
import { fileVersion } from './artifact-version.ts';
import { nodeRuntime } from './node-runtime.ts';
import { targets } from './programs.ts';
import { sha256Of } from './release-manifest.ts';
import { obstaclesToRelease } from './obstacles.ts';
import { runToolBeside } from './run-tool.ts';

const root = join(import.meta.dirname, '../..');
const output = join(root, 'dist/release');
const runtimes = join(root, 'node_modules/.cache/sealctl');

const obstacles = obstaclesToRelease(root);
if (obstacles.length > 0) {
  for (const { what, remedy } of obstacles) console.error(`release: ${what}\n      -> ${remedy}`);
  process.exit(1);
}
const { version, revision } = buildInfo();
console.log(`release ${fileVersion(version)} of ${revision}`);

const work = mkdtempSync(join(tmpdir(), 'release-'));
try {
  await stage('fetch Node', async () => {
    for (const target of targets) nodeRuntime(root, target);
  });
  // Of different lengths and depths, for paths that find their way into an artifact.
  const first = await makeIn(join(work, 'first'), '1 of 2');
  const second = await makeIn(join(work, 'the/second/checkout'), '2 of 2');
  const different = differences(first, second);
  if (different.length > 0)
    throw new Error(`the two builds differ, in ${different.join(', ')}; they are in ${work}`);
  rmSync(output, { recursive: true, force: true });
  mkdirSync(join(root, 'dist'), { recursive: true });
  cpSync(first, output, { recursive: true });
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
rmSync(work, { recursive: true });
const vitest = join(root, 'node_modules/.bin/vitest');
await stage('try the artifacts', () => runToolBeside(vitest, ['run', '--project=release'], { cwd: root }));
for (const file of readdirSync(output))
  console.log(`${(statSync(join(output, file)).size / 2 ** 20).toFixed(1).padStart(7)} MiB  ${file}`);

/** Clones the commit into a directory and makes the artifacts there; returns where they are. */
async function makeIn(checkout: string, which: string): Promise<string> {
  const made = `${checkout}-artifacts`;
  const inside = { cwd: checkout };
  await stage(`install packages (${which})`, async () => {
    await runToolBeside('git', ['clone', '--quiet', '--no-checkout', root, checkout]);
    await runToolBeside('git', ['checkout', '--quiet', '--detach', revision], inside);
    await runToolBeside('npm', ['ci', '--ignore-scripts', '--prefer-offline'], inside);
    mkdirSync(join(checkout, 'node_modules/.cache'), { recursive: true });
    symlinkSync(runtimes, join(checkout, 'node_modules/.cache/sealctl'));
  });
  await stage(`compile the kernels (${which})`, () =>
    runToolBeside('npm', ['run', 'prebuild', '--workspace=@sealctl/native'], inside),
  );
  await stage(`make the artifacts (${which})`, () =>
    runToolBeside(process.execPath, ['--import', 'tsx', 'scripts/release/make-artifacts.ts', made], inside),
  );
  return made;
}

/** The files that are not the same in both directories, or in one of them only. */
function differences(one: string, other: string): string[] {
  const names = new Set([...readdirSync(one), ...readdirSync(other)]);
  const digest = (directory: string, name: string) =>
    existsSync(join(directory, name)) ? sha256Of(join(directory, name)) : undefined;
  return [...names].filter((name) => digest(one, name) !== digest(other, name));
}

/** Says in one line what was done and how long it took. */
async function stage(title: string, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  await work();
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${title}`);
}
