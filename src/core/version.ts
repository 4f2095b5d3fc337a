import { execFileSync } from 'node:child_process';
import manifest from './package.json' with { type: 'json' };
import { describeArguments, versionOf, type BuildInfo } from './git-version.ts';

/** Names that a build replaces; code that runs from source does not define them. */
declare const SEALCTL_VERSION: string;
declare const SEALCTL_REVISION: string;

let known: BuildInfo | undefined;

/** The version and revision of this program: those it was built with, or those of the checkout when it runs from source. */
export function buildInfo(): BuildInfo {
  known ??=
    typeof SEALCTL_VERSION === 'undefined'
      ? checkoutInfo(import.meta.dirname)
      : { version: SEALCTL_VERSION, revision: SEALCTL_REVISION };
  return known;
}

/** The version and revision of the checkout that contains a directory. */
export function checkoutInfo(directory: string): BuildInfo {
  return {
    version: versionOf(git(directory, describeArguments), manifest.version),
    revision: git(directory, ['rev-parse', 'HEAD']) ?? 'unknown',
  };
}

/** The output of git, or undefined where there is no git or no repository of this user. */
function git(directory: string, argv: readonly string[]): string | undefined {
  try {
    // Without the lock git does not write to the index, which another git may be doing.
    const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' };
    return execFileSync('git', argv, {
      cwd: directory,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
