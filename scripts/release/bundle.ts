import { basename, parse } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import type { BuildInfo } from '../../src/core/git-version.ts';
import type { Program } from './programs.ts';

/** A program with all its packages. */
export interface Bundle {
  /** By name; the first is the program, the others are loaded by it and lie beside it. */
  readonly files: readonly { readonly name: string; readonly contents: Uint8Array }[];
  /** What it was made of: paths relative to the repository. */
  readonly inputs: readonly string[];
}

/** ssh2 tries addons that make it faster and does without them; inside an executable each try of a missing one prints a warning. */
const withoutAddons: Plugin = {
  name: 'without optional addons',
  setup(bundling) {
    bundling.onResolve({ filter: /^cpu-features$|\.node$/ }, ({ path }) => ({
      path,
      namespace: 'optional-addon',
    }));
    bundling.onLoad({ filter: /.*/, namespace: 'optional-addon' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is optional and left out`)});`,
    }));
  },
};

/** What packages in CommonJS use and an ES module lacks. */
const scriptBanner = [
  '#!/usr/bin/env node',
  "import { createRequire } from 'node:module';",
  'const require = createRequire(import.meta.url);',
  'const { dirname: __dirname, filename: __filename } = import.meta;',
].join('\n');

/** Bundles a program for Node 20 or newer. What it loads later is a file of its own, of which Node can then keep the compiled code. */
export async function bundleScript(root: string, program: Program, info: BuildInfo): Promise<Bundle> {
  const { name, entry, later } = program;
  const form = { target: 'node20', format: 'esm', banner: { js: scriptBanner } } as const;
  if (later === undefined) return bundle(root, entry, `${name}.js`, info, form);
  const laterFile = `${name}-${parse(later).name}.js`;
  const kept: Plugin = {
    name: 'keep what is loaded later',
    setup(bundling) {
      const filter = new RegExp(`^\\./${basename(later).replaceAll('.', '\\.')}$`);
      bundling.onResolve({ filter }, () => ({ path: `./${laterFile}`, external: true }));
    },
  };
  const [first, second] = [
    await bundle(root, entry, `${name}.js`, info, { ...form, plugins: [kept] }),
    await bundle(root, later, laterFile, info, form),
  ];
  return { files: [...first.files, ...second.files], inputs: [...first.inputs, ...second.inputs] };
}

/** Bundles a program as the one file that a single executable runs, as CommonJS. */
export function bundleForExecutable(root: string, entry: string, info: BuildInfo): Promise<Bundle> {
  return bundle(root, entry, 'bundle.cjs', info, { target: 'node24', format: 'cjs' });
}

/** The same sources give the same bytes in every directory. */
async function bundle(
  root: string,
  entry: string,
  file: string,
  info: BuildInfo,
  options: BuildOptions,
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: [entry],
    outfile: file,
    absWorkingDir: root,
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    minifyWhitespace: true,
    minifySyntax: true,
    // Node shows the whole line where a program fails.
    lineLimit: 160,
    legalComments: 'none',
    define: {
      ...definitionsOf(info),
      'process.env.WS_NO_BUFFER_UTIL': '"1"',
      'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
    },
    plugins: [...(options.plugins ?? []), withoutAddons],
    // Only code that an executable never reaches asks where its module lies.
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'warning',
  });
  return {
    files: outputFiles.map(({ contents }) => ({ name: file, contents })),
    inputs: inputsOf(metafile),
  };
}

/** What src/core/version.ts finds instead of asking git. */
export function definitionsOf({ version, revision }: BuildInfo): Record<string, string> {
  return { SEALCTL_VERSION: JSON.stringify(version), SEALCTL_REVISION: JSON.stringify(revision) };
}

/** What is in the bundle, without what was read and then left out. */
function inputsOf({ outputs }: Metafile): string[] {
  return Object.values(outputs)
    .flatMap((output) => Object.entries(output.inputs))
    .filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && !path.startsWith('optional-addon:'))
    .map(([path]) => path)
    .sort();
}
