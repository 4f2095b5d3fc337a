import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostTarget, type Target } from './programs.ts';
import { runTool, runToolIfThere } from './run-tool.ts';

/** The Node that is inside every executable: the long-term support line. */
export const nodeVersion = '24.22.3';

/** Of the npm packages that carry Node's own binaries: whatever arrives must be these bytes. */
const integrity: Readonly<Record<Target['arch'], string>> = {
  x64: 'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
  arm64: 'sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==',
};

/** Node's files for one target. */
export interface NodeRuntime {
  readonly binary: string;
  readonly license: string;
  /** False when binutils for the target were missing: the executable works, and is 18 MiB larger. */
  readonly stripped: boolean;
}

/**
 * The pinned Node for a target, from the cache or through npm. Stripping after the injection of a program breaks the executable, so it
 * comes first. Throws when npm cannot deliver it, or delivers other bytes than the pinned ones.
 */
export function nodeRuntime(root: string, target: Target): NodeRuntime {
  const cache = join(root, 'node_modules/.cache/sealctl');
  const name = `node-${nodeVersion}-linux-${target.arch}`;
  for (const stripped of [true, false]) {
    const kept = runtimeIn(join(cache, stripped ? name : `${name}-unstripped`), stripped);
    if (kept !== undefined) return kept;
  }
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    const archive = fetchPackage(`node-linux-${target.arch}@${nodeVersion}`, integrity[target.arch], work);
    runTool('tar', ['-xzf', archive, '-C', work, 'package/bin/node', 'package/LICENSE']);
    const fresh = join(work, 'runtime');
    mkdirSync(fresh);
    cpSync(join(work, 'package/LICENSE'), join(fresh, 'LICENSE'));
    renameSync(join(work, 'package/bin/node'), join(fresh, 'node'));
    chmodSync(join(fresh, 'node'), 0o755);
    const strip = target.arch === process.arch ? 'strip' : `${target.gnu}-strip`;
    const stripped = runToolIfThere(strip, [join(fresh, 'node')]);
    const kept = join(cache, stripped ? name : `${name}-unstripped`);
    // Another build may have been faster.
    if (!existsSync(kept)) renameSync(fresh, kept);
    return { binary: join(kept, 'node'), license: join(kept, 'LICENSE'), stripped };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function runtimeIn(directory: string, stripped: boolean): NodeRuntime | undefined {
  const [binary, license] = [join(directory, 'node'), join(directory, 'LICENSE')];
  return existsSync(binary) && existsSync(license) ? { binary, license, stripped } : undefined;
}

/** Fetches the archive of a package into a directory and compares it with its pin. */
function fetchPackage(spec: string, pinned: string, directory: string): string {
  runTool('npm', ['pack', spec, '--pack-destination', directory, '--prefer-offline', '--loglevel=error']);
  const file = readdirSync(directory).find((name) => name.endsWith('.tgz'));
  if (file === undefined) throw new Error(`npm pack ${spec} left no archive`);
  const archive = join(directory, file);
  const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (digest !== pinned)
    throw new Error(
      `${spec} is not what scripts/release/node-runtime.ts pins: expected ${pinned}, got ${digest}`,
    );
  return archive;
}

// As a stage of its own it runs beside the compiler.
const host = hostTarget();
if (process.argv[1] === fileURLToPath(import.meta.url) && host !== undefined)
  nodeRuntime(join(import.meta.dirname, '../..'), host);
