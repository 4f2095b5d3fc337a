// Makes a single executable: a stripped copy of Node with the bundled program inside (Node's "single executable application").
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { inject } from 'postject';
import type { BuildInfo } from '../../src/core/git-version.ts';
import { bundleForExecutable, type Bundle } from './bundle.ts';
import { kernelsFor } from './kernels.ts';
import { nodeRuntime } from './node-runtime.ts';
import { hostTarget, type Target } from './programs.ts';
import { runTool } from './run-tool.ts';

const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
/** Raise it when the recipe below changes what comes out of the same inputs. */
const recipe = 2;

/** What an executable is made of. */
export interface ExecutableOptions {
  readonly root: string;
  readonly name: string;
  /** The module that runs the program. */
  readonly entry: string;
  readonly kernels: boolean;
  readonly target: Target;
  readonly info: BuildInfo;
  /** Where it is written. */
  readonly output: string;
}

/** Writes an executable, the same bytes for the same inputs, unless it is there already. Returns what is bundled in it. */
export async function buildExecutable(options: ExecutableOptions): Promise<Bundle> {
  const { root, name, target, output } = options;
  const bundle = await bundleForExecutable(root, options.entry, options.info);
  const [code] = bundle.files;
  if (code === undefined) throw new Error(`${options.entry} gave no bundle`);
  const runtime = nodeRuntime(root, target);
  const assets = options.kernels ? { 'seal.node': kernelsFor(root, target) } : {};
  const digest = digestOf(
    String(recipe),
    runtime.binary,
    code.contents,
    ...Object.values(assets).map((file) => readFileSync(file)),
  );
  const stamp = join(dirname(output), '.sea', `${name}.digest`);
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return bundle;

  mkdirSync(dirname(stamp), { recursive: true });
  // Of this build alone, since another may run beside it.
  const work = mkdtempSync(join(dirname(stamp), 'build-'));
  try {
    const blob = makeBlob(work, name, code.contents, assets, root);
    const fresh = join(work, name);
    copyFileSync(runtime.binary, fresh);
    chmodSync(fresh, 0o755);
    await withoutConsole(() => inject(fresh, 'NODE_SEA_BLOB', readFileSync(blob), { sentinelFuse: fuse }));
    // A rename works over an executable that still runs; writing into it does not.
    renameSync(fresh, output);
    writeFileSync(`${fresh}.digest`, digest);
    renameSync(`${fresh}.digest`, stamp);
  } finally {
    rmSync(work, { recursive: true });
  }
  return bundle;
}

/**
 * The part that is injected. It holds neither compiled code nor a snapshot, so that the Node of this machine makes the blob of every
 * target; it has to be the same version as the one it is put into.
 */
function makeBlob(
  work: string,
  name: string,
  code: Uint8Array,
  assets: Readonly<Record<string, string>>,
  root: string,
): string {
  writeFileSync(join(work, `${name}.cjs`), code);
  const config = join(work, 'sea.json');
  writeFileSync(
    config,
    JSON.stringify({
      // Relative, since the blob keeps the name: the same bytes come out of every checkout.
      main: `${name}.cjs`,
      output: `${name}.blob`,
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      useCodeCache: false,
      assets: Object.fromEntries(Object.entries(assets).map(([key, file]) => [key, resolve(file)])),
    }),
  );
  const here = hostTarget();
  if (here === undefined) throw new Error('executables are made on Linux, on x64 or arm64');
  runTool(nodeRuntime(root, here).binary, ['--experimental-sea-config', config], { cwd: work });
  return join(work, `${name}.blob`);
}

function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(String(part.length)).update(part);
  return hash.digest('hex');
}

/** postject's ELF reader complains about notes it does not know; they do no harm. */
async function withoutConsole(work: () => Promise<void>): Promise<void> {
  const { warn, log, error } = console;
  console.warn = console.log = console.error = () => undefined;
  try {
    await work();
  } finally {
    Object.assign(console, { warn, log, error });
  }
}
