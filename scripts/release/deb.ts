import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  readdirSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { settleModes } from './archive.ts';
import { debianVersion } from './artifact-version.ts';
import { debianCompletions, writeCompanions } from './companions.ts';
import { ownLicenses } from './packages.ts';
import type { Program, Target } from './programs.ts';
import { runToolBeside } from './run-tool.ts';

/** What a .deb is made of. */
export interface DebOptions {
  readonly root: string;
  readonly program: Program;
  readonly target: Target;
  readonly version: string;
  /** Time of all files, in seconds since 1970. */
  readonly seconds: number;
  readonly executable: string;
  readonly manPage: string;
  /** Licenses of what is inside, beside our own. */
  readonly notices: string;
  /** An empty directory to put the tree into. */
  readonly work: string;
  readonly output: string;
}

/** Packs a program with its manual page and completions as a Debian package: the same bytes for the same files. */
export async function packDeb(options: DebOptions): Promise<void> {
  const { program, work, seconds } = options;
  const { name } = program;
  const doc = join(work, 'usr/share/doc', name);
  const man = join(work, 'usr/share/man/man1');
  for (const directory of [join(work, 'usr/bin'), doc, man, join(work, 'DEBIAN')])
    mkdirSync(directory, { recursive: true });
  copyFileSync(options.executable, join(work, 'usr/bin', name));
  writeCompanions(work, debianCompletions(program));
  writeFileSync(join(man, `${name}.1.gz`), gzipSync(options.manPage, { level: 9 }));
  writeFileSync(join(doc, 'copyright'), copyright(options.root, options.notices));
  const changelog = join(options.root, 'CHANGELOG.md');
  if (existsSync(changelog))
    writeFileSync(join(doc, 'changelog.gz'), gzipSync(readFileSync(changelog), { level: 9 }));
  writeFileSync(join(work, 'DEBIAN/control'), control(options));
  settleModes(work);
  await runToolBeside(
    'dpkg-deb',
    // Of all compressions only gzip gives the same bytes whatever the number of processors, in little time.
    ['--root-owner-group', '-Zgzip', '-z6', '--build', work, options.output],
    { env: { SOURCE_DATE_EPOCH: String(seconds) } },
  );
}

function control({ program, target, version, work }: DebOptions): string {
  return [
    `Package: ${program.name}`,
    `Version: ${debianVersion(version)}`,
    'Section: admin',
    'Priority: optional',
    `Architecture: ${target.debian}`,
    'Maintainer: The sealctl maintainers <maintainers@sealctl.invalid>',
    `Installed-Size: ${Math.ceil(bytesBelow(join(work, 'usr')) / 1024)}`,
    // What Node's own binary needs (docs/adr/0009-glibc-floor.md).
    'Depends: libc6 (>= 2.28), libstdc++6 (>= 8), libgcc-s1 | libgcc1',
    `Description: ${program.summary}`,
    ' A single executable that brings its runtime with it.',
    '',
  ].join('\n');
}

function copyright(root: string, notices: string): string {
  const own = ownLicenses(root).map((file) => `${basename(file)}\n\n${readFileSync(file, 'utf8')}`);
  return ['License: MIT OR Apache-2.0\n', ...own, notices].join(`\n${'-'.repeat(80)}\n`);
}

function bytesBelow(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    bytes += entry.isDirectory() ? bytesBelow(path) : statSync(path).size;
  }
  return bytes;
}
