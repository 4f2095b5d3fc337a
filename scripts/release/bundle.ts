import { build, type Metafile, type Plugin } from 'esbuild';
import type { BuildInfo } from '../../src/core/git-version.ts';

/** A program in one file, with the files it was made of. */
export interface Bundle {
  readonly code: Uint8Array;
  /** Paths relative to the repository. */
  readonly inputs: readonly string[];
}

/** ssh2 tries addons that make it faster and does without them; inside an executable each try of a missing one prints a warning. */
const withoutAddons: Plugin = {
  name: 'without optional addons',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cpu-features$|\.node$/ }, ({ path }) => ({ path, namespace: 'optional-addon' }));
    onLoad({ filter: /.*/, namespace: 'optional-addon' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is optional and left out`)});`,
    }));
  },
};

/** What a bundle is run by: `script` by Node 20 or newer, as an ES module; `executable` by the Node inside it, as CommonJS. */
type Form = 'script' | 'executable';

/** What packages in CommonJS use and an ES module lacks. */
const scriptBanner = [
  '#!/usr/bin/env node',
  "import { createRequire } from 'node:module';",
  'const require = createRequire(import.meta.url);',
  'const __dirname = import.meta.dirname;',
].join('\n');

/** Bundles a program with all its packages as one file. The same sources give the same bytes in every directory. */
export async function bundleWhole(root: string, entry: string, info: BuildInfo, form: Form): Promise<Bundle> {
  const result = await build({
    entryPoints: [entry],
    absWorkingDir: root,
    outfile: 'bundle.js',
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    ...(form === 'script'
      ? { target: 'node20', format: 'esm', banner: { js: scriptBanner } }
      : { target: 'node24', format: 'cjs' }),
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
    plugins: [withoutAddons],
    // Only code that a bundle never reaches asks where its module lies.
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'warning',
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error(`${entry} gave no bundle`);
  return { code: file.contents, inputs: inputsOf(result.metafile) };
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
