// Makes a single executable: a stripped copy of Node with the bundled program inside (Node's "single executable application").
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { inject } from 'postject';

const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
// Raise it when the recipe below changes what comes out of the same inputs.
const recipe = 1;

/**
 * Writes `dist/NAME`, the same bytes for the same inputs, unless it is there already.
 * @param {string} root @param {string} name @param {string} entryPoint @param {string} [dist] where it is written
 */
export async function buildExecutable(root, name, entryPoint, dist = join(root, 'dist')) {
  const kept = join(dist, '.sea');
  const output = join(dist, name);
  mkdirSync(kept, { recursive: true });
  // Of this build alone, since another may run beside it.
  const work = mkdtempSync(join(kept, 'build-'));
  try {
    await buildIn(work, { root, name, entryPoint, kept, output });
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** @param {string} work @param {{ root: string, name: string, entryPoint: string, kept: string, output: string }} paths */
async function buildIn(work, { root, name, entryPoint, kept, output }) {
  const bundle = join(work, `${name}.cjs`);
  await build({
    entryPoints: [entryPoint],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    legalComments: 'none',
    // ws tries optional addons; inside an executable each try prints a warning.
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
    // Only code that a single executable never reaches asks where its module lies.
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'warning',
  });
  const assets = nativeAddons(root, name);
  const node = realpathSync(process.execPath);
  const digest = digestOf(
    String(recipe),
    fingerprint(node),
    readFileSync(bundle),
    ...Object.values(assets).map((file) => readFileSync(file)),
  );
  const stamp = join(kept, `${name}.digest`);
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;

  const blob = join(work, `${name}.blob`);
  const config = join(work, `${name}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      // Relative, since the blob keeps the name: the same bytes come out of every checkout.
      main: `${name}.cjs`,
      output: `${name}.blob`,
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      useCodeCache: false,
      assets,
    }),
  );
  run(process.execPath, ['--experimental-sea-config', config], work);
  const fresh = join(work, name);
  copyFileSync(strippedNode(kept, work, node), fresh);
  chmodSync(fresh, 0o755);
  await quietly(() => inject(fresh, 'NODE_SEA_BLOB', readFileSync(blob), { sentinelFuse: fuse }));
  // A rename works over an executable that still runs; writing into it does not.
  renameSync(fresh, output);
  writeFileSync(`${fresh}.digest`, digest);
  renameSync(`${fresh}.digest`, stamp);
}

/**
 * Stripping after the injection breaks the executable, so it comes first; the copy serves every program.
 * @param {string} kept @param {string} work @param {string} node
 */
function strippedNode(kept, work, node) {
  const stripped = join(kept, `node-${digestOf(fingerprint(node)).slice(0, 16)}`);
  if (existsSync(stripped)) return stripped;
  for (const old of readdirSync(kept).filter((file) => file.startsWith('node-')))
    rmSync(join(kept, old), { force: true });
  const fresh = join(work, 'node');
  copyFileSync(node, fresh);
  chmodSync(fresh, 0o755);
  const { status } = spawnSync('strip', [fresh], { stdio: 'ignore' });
  if (status !== 0)
    console.error('build: strip (binutils) is missing or failed; executables will be 12 MiB larger');
  renameSync(fresh, stripped);
  return stripped;
}

/** The native addons of a program, by the name it asks for. @param {string} root @param {string} name @returns {Record<string, string>} */
function nativeAddons(root, name) {
  const directory = join(root, 'native/build/Release');
  const kernels = existsSync(directory)
    ? readdirSync(directory).filter((file) => file.endsWith('.node'))
    : [];
  const addons = kernels.sort().map((file) => [file, join(directory, file)]);
  if (name === 'seal-miner')
    addons.push([
      'better_sqlite3.node',
      join(root, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node'),
    ]);
  return Object.fromEntries(addons);
}

/** What tells one Node binary from another without reading 100 MB. @param {string} node */
function fingerprint(node) {
  const { size, mtimeMs } = statSync(node);
  return `${process.version} ${process.arch} ${size} ${mtimeMs}`;
}

/** @param {...(string | Uint8Array)} parts */
function digestOf(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(String(part.length)).update(part);
  return hash.digest('hex');
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
}

/** postject's ELF reader complains about notes it does not know; they do no harm. @param {() => Promise<void>} work */
async function quietly(work) {
  const { warn, log, error } = console;
  console.warn = console.log = console.error = () => undefined;
  try {
    await work();
  } finally {
    Object.assign(console, { warn, log, error });
  }
}
