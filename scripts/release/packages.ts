import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package of another author that is inside a program. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The text of its license files, as far as it has any. */
  readonly notice: string;
}

/** The packages that a bundle holds parts of, by name and version. */
export function packagesIn(root: string, inputs: readonly string[]): BundledPackage[] {
  const directories = new Set(inputs.flatMap((input) => packageDirectory(input)));
  return [...directories]
    .map((directory) => readPackage(join(root, directory)))
    .toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function key({ name, version }: BundledPackage): string {
  return `${name}@${version}`;
}

function packageDirectory(input: string): string[] {
  return [...input.matchAll(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/g)].map(([directory]) => directory);
}

function readPackage(directory: string): BundledPackage {
  const text = readFileSync(join(directory, 'package.json'), 'utf8');
  const { name, version, license, licenses } = JSON.parse(text) as {
    name: string;
    version: string;
    license?: string;
    licenses?: readonly { readonly type: string }[];
  };
  const files = readdirSync(directory)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort();
  return {
    name,
    version,
    license: license ?? licenses?.map(({ type }) => type).join(' OR ') ?? 'see its notice',
    notice: files.map((file) => readFileSync(join(directory, file), 'utf8').trim()).join('\n\n'),
  };
}

/** The text that names every package in a program, with its license. */
export function thirdPartyNotices(packages: readonly BundledPackage[]): string {
  const intro = 'This program contains the following packages of other authors.\n';
  const entries = packages.map(({ name, version, license, notice }) =>
    [`${name} ${version} (${license})`, ...(notice === '' ? [] : ['', notice])].join('\n'),
  );
  return `${[intro, ...entries].join(`\n${'-'.repeat(80)}\n`)}\n`;
}

/** The license files of this repository. Throws when one is missing. */
export function ownLicenses(root: string): string[] {
  const files = ['LICENSE-MIT', 'LICENSE-APACHE'].map((file) => join(root, file));
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`${missing} is missing`);
  return files;
}
