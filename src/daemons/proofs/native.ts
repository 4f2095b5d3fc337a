import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { constants, homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as sea from 'node:sea';
import { fail, messageOf } from '@sealctl/core/problem/problem';
import type { NativeAddon } from './native-addon.ts';

/** Environment variable with the path of the addon; it has precedence over every other location. */
export const addonPathVariable = 'SEALCTL_NATIVE';
/** The addon's name among the assets of a single executable. */
export const addonAsset = 'seal.node';

let loaded: NativeAddon | undefined;

/**
 * Returns the sealing kernels, which are loaded once. In a checkout or a bundle they are in native/build/Release; in a single executable
 * they are an asset. Throws the problem `native-addon-unavailable` with every location and its error when none works.
 */
export function native(): NativeAddon {
  loaded ??= load();
  return loaded;
}

function load(): NativeAddon {
  const attempts: string[] = [];
  const explicit = process.env[addonPathVariable];
  if (explicit !== undefined && explicit !== '') {
    const addon = attempt(explicit, attempts, () => dlopen(explicit));
    if (addon !== undefined) return addon;
    throw unavailable(attempts, `correct or unset ${addonPathVariable}`);
  }
  if (sea.isSea()) {
    const bytes = attempt(`asset ${addonAsset}`, attempts, () =>
      Buffer.from(sea.getRawAsset(addonAsset) as ArrayBuffer),
    );
    if (bytes === undefined)
      throw unavailable(attempts, 'install an executable that was built with the kernels');
    const addon = loadFromBytes(bytes, privateDirectories(), dlopen, attempts);
    if (addon !== undefined) return addon;
    throw unavailable(
      attempts,
      'set XDG_CACHE_HOME to a private directory on a file system without noexec, or SEALCTL_NATIVE to the addon file',
    );
  }
  const kernels = dirname(createRequire(import.meta.url).resolve('@sealctl/native/package.json'));
  const built = join(kernels, 'build/Release/seal.node');
  const addon = attempt(built, attempts, () => dlopen(built));
  if (addon !== undefined) return addon;
  throw unavailable(
    attempts,
    'build it with `npm run install -w @sealctl/native`, which says what is missing',
  );
}

/**
 * Loads an addon from its bytes: writes them to a file named after their digest in the first usable directory, and loads the file. A
 * directory is private to its user (mode 0700). An existing file is used only when its content is the same; a new file is created
 * atomically. A directory counts as usable only if loading works, since it may be mounted noexec.
 */
export function loadFromBytes<Addon>(
  bytes: Buffer,
  directories: readonly string[],
  load: (file: string) => Addon,
  attempts: string[],
): Addon | undefined {
  const name = `${createHash('sha256').update(bytes).digest('hex')}.node`;
  for (const directory of directories) {
    const addon = attempt(directory, attempts, () => load(materialize(bytes, directory, name)));
    if (addon !== undefined) return addon;
  }
  return undefined;
}

function materialize(bytes: Buffer, directory: string, name: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(directory);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new Error('the directory belongs to or can be written by another user');
  const file = join(directory, name);
  if (contentEquals(file, bytes)) return file;

  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const descriptor = openSync(temporary, 'wx', 0o500);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return file;
}

function contentEquals(file: string, bytes: Buffer): boolean {
  try {
    return readFileSync(file).equals(bytes);
  } catch {
    return false; // missing or unreadable: it is written again
  }
}

function privateDirectories(): string[] {
  const cacheHome = process.env['XDG_CACHE_HOME'];
  return [
    ...(cacheHome !== undefined && cacheHome !== '' ? [join(cacheHome, 'sealctl')] : []),
    '/var/cache/sealctl',
    join(homedir(), '.cache/sealctl'),
    join(tmpdir(), `sealctl-${process.getuid?.() ?? 'user'}`),
    `/dev/shm/sealctl-${process.getuid?.() ?? 'user'}`,
  ];
}

function dlopen(file: string): NativeAddon {
  const target = { exports: {} };
  process.dlopen(target, file, constants.dlopen.RTLD_NOW);
  return target.exports as NativeAddon;
}

function attempt<Result>(place: string, attempts: string[], work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    attempts.push(`${place}: ${messageOf(error)}`);
    return undefined;
  }
}

function unavailable(attempts: readonly string[], fix: string) {
  return fail({
    code: 'native-addon-unavailable',
    summary: 'the sealing kernels cannot be loaded',
    why: `tried ${attempts.join('; ')}`,
    fix,
  });
}
