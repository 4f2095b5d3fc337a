import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { completionScript, shells, type Shell } from '../../src/core/text/shell-completion.ts';
import { manPageOf } from './man/pages.ts';
import type { PageFoot } from './man/page.ts';
import { ownLicenses } from './packages.ts';
import type { Program } from './programs.ts';

/** A file that goes with a program. */
export interface Companion {
  readonly path: string;
  readonly text: string;
}

/** Where Debian looks for the completion of a shell. */
const debianPaths: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => `usr/share/bash-completion/completions/${program}`,
  zsh: (program) => `usr/share/zsh/vendor-completions/_${program}`,
  fish: (program) => `usr/share/fish/vendor_completions.d/${program}.fish`,
};

/** The name of a completion script as its shell wants it. */
const fileNames: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => `${program}.bash`,
  zsh: (program) => `_${program}`,
  fish: (program) => `${program}.fish`,
};

/** The manual page and the completion scripts of a program, as they lie in an archive. */
export function companionsOf({ name }: Program, foot: PageFoot): Companion[] {
  return [
    { path: `man/man1/${name}.1`, text: manPageOf(name, foot) },
    ...shells.map((shell) => ({
      path: `completions/${fileNames[shell](name)}`,
      text: completionScript(name, shell),
    })),
  ];
}

/** The completion scripts of a program where Debian has them. */
export function debianCompletions({ name }: Program): Companion[] {
  return shells.map((shell) => ({ path: debianPaths[shell](name), text: completionScript(name, shell) }));
}

/** Writes files below a directory. */
export function writeCompanions(directory: string, companions: readonly Companion[]): void {
  for (const { path, text } of companions) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** Copies this repository's licenses into a directory. */
export function copyLicenses(root: string, directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const file of ownLicenses(root)) copyFileSync(file, join(directory, basename(file)));
}
