import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { exitCodes } from './context.ts';

const monthMs = 30 * 24 * 60 * 60 * 1000;

type Wrapped = (
  exports: object,
  require: NodeJS.Require,
  module: object,
  filename: string,
  directory: string,
) => void;

/**
 * Runs a CommonJS bundle with the code that V8 compiled when the same command of it went well before: compiling is half of what a
 * short command costs. Node 22 has `module.enableCompileCache` for this. The code is kept for each user, in `$XDG_CACHE_HOME/sealctl`
 * or `~/.cache/sealctl`; where it cannot be kept, or is not this user's alone, the program runs without.
 */
export function runWithCompiledCode(bundle: URL, command = ''): void {
  const filename = fileURLToPath(bundle);
  // What esbuild writes is ASCII.
  const source = readFileSync(filename, 'latin1');
  const kept = keptAt(source, command);
  const cachedData = kept === undefined ? undefined : readOwn(kept);
  const script = new Script(Module.wrap(source), {
    filename,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const run = script.runInThisContext() as Wrapped;
  const module = { exports: {} };
  run(module.exports, createRequire(filename), module, filename, dirname(filename));
  if (kept === undefined || (cachedData !== undefined && script.cachedDataRejected !== true)) return;
  process.once('exit', (exitCode) => {
    // A command that failed has not been through all of its code.
    if (exitCode === exitCodes.ok || exitCode === exitCodes.changes) keep(kept, script.createCachedData());
  });
}

/** Where the compiled code of one command is kept: below a folder for this program, made by this Node. */
function keptAt(source: string, command: string): string | undefined {
  if (!/^[a-z]+$/.test(command)) return undefined;
  const { env, version, arch } = process;
  const caches = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const digest = createHash('sha256').update(source, 'latin1').digest('hex').slice(0, 16);
  return join(caches, 'sealctl', `${digest}-${version}-${arch}`, command);
}

/** Code that somebody else could have written is not run. */
function readOwn(path: string): Buffer | undefined {
  try {
    for (const each of [path, dirname(path)]) {
      const { uid, mode } = statSync(each);
      if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
    }
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Writes it whole or not at all, and clears away what versions of the program left that have added nothing for a month. */
function keep(path: string, code: Buffer): void {
  const folder = dirname(path);
  const fresh = `${path}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(fresh, code, { mode: 0o600 });
    renameSync(fresh, path);
    for (const name of readdirSync(dirname(folder))) {
      const other = join(dirname(folder), name);
      if (statSync(other).mtimeMs < Date.now() - monthMs) rmSync(other, { recursive: true });
    }
  } catch {
    rmSync(fresh, { force: true });
  }
}
