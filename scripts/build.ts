// Builds what the demo and the tests run: each program as a script in dist/bin/ for the Node that built it, and the daemons as single
// executables in dist/ with their release manifest. `tsx scripts/build.ts NAME...` builds only these.
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { buildInfo } from '../src/core/version.ts';
import { bundleScript, definitionsOf } from './release/bundle.ts';
import { buildExecutable } from './release/executable.ts';
import { hostTarget, programs, type Program } from './release/programs.ts';
import { writeReleaseManifest } from './release/release-manifest.ts';

const root = join(import.meta.dirname, '..');
const wanted = process.argv.slice(2);
const info = buildInfo();
const target = hostTarget();

mkdirSync(join(root, 'dist/bin'), { recursive: true });
for (const program of programs) {
  if (wanted.length > 0 && !wanted.includes(program.name)) continue;
  await writeScript(program);
  if (program.name !== 'sealctl' && target !== undefined)
    await buildExecutable({ ...program, root, target, info, output: join(root, 'dist', program.name) });
}
writeReleaseManifest(join(root, 'dist'), info);
linkPrograms();

/** Puts the programs where npx finds them in the checkout. */
function linkPrograms(): void {
  for (const { name } of programs) {
    const link = join(root, 'node_modules/.bin', name);
    rmSync(link, { force: true });
    symlinkSync(`../../dist/bin/${name}.js`, link);
  }
}

/** sealctl starts often, and looking for a thousand files takes longer than most of what it is asked: it brings its packages with it. */
async function writeScript(program: Program): Promise<void> {
  const { name, entry } = program;
  if (name === 'sealctl') {
    const { files } = await bundleScript(root, program, info);
    for (const file of files.toReversed()) replace(join(root, 'dist/bin', file.name), file.contents);
    return;
  }
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    outfile: join(root, 'dist/bin', `${name}.js`),
    bundle: true,
    platform: 'node',
    target: 'node20',
    // The rooms go into the bundle; libraries are found where it lies.
    external: libraries(),
    format: 'esm',
    banner: { js: '#!/usr/bin/env node' },
    define: definitionsOf(info),
    sourcemap: 'linked',
    logLevel: 'warning',
    write: false,
  });
  for (const { path, contents } of outputFiles) replace(path, contents);
}

/** The packages that the rooms depend on, without the rooms themselves. */
function libraries(): string[] {
  return ['core', 'daemons'].flatMap((room) => {
    const text = readFileSync(join(root, 'src', room, 'package.json'), 'utf8');
    const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
    return Object.keys(dependencies).filter((name) => !name.startsWith('@sealctl/'));
  });
}

/** A rename, so that neither a program that starts now nor a second build meets half a file. */
function replace(path: string, contents: Uint8Array): void {
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, contents, { mode: basename(path).endsWith('.map') ? 0o644 : 0o755 });
  renameSync(fresh, path);
}
