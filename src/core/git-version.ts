/** The version and revision of a build. */
export interface BuildInfo {
  /**
   * SemVer with the revision as build metadata, in the form of Lotus's own version: `0.1.0+git.0123456789`, and between two tags the
   * next patch version as a pre-release with the number of commits since the last tag: `0.1.1-dev.12+git.0123456789.dirty`.
   */
  readonly version: string;
  /** The whole commit ID, or `unknown` outside a repository. */
  readonly revision: string;
}

/** The arguments of `git` whose output `versionOf` reads: tags of releases only, and the number of commits even on a tag. */
export const describeArguments = [
  'describe',
  '--tags',
  '--always',
  '--dirty',
  '--long',
  '--abbrev=10',
  '--match=v[0-9]*',
] as const;

const described = /^v(?<tag>\d\S*)-(?<commits>\d+)-g(?<hash>[0-9a-f]+)(?<dirty>-dirty)?$/;
const undescribed = /^(?<hash>[0-9a-f]+)(?<dirty>-dirty)?$/;

/**
 * The version of a checkout.
 * @param describe what `git describe` with `describeArguments` answers, or undefined outside a repository
 * @param coming the version in package.json, which stands as long as there is no tag
 */
export function versionOf(describe: string | undefined, coming: string): string {
  const found = describe === undefined ? null : (described.exec(describe) ?? undescribed.exec(describe));
  const { tag, commits, hash, dirty } = found?.groups ?? {};
  if (hash === undefined) return `${coming}-dev`;
  const metadata = `git.${hash}${dirty === undefined ? '' : '.dirty'}`;
  if (tag === undefined) return `${coming}-dev+${metadata}`;
  return commits === '0' ? `${tag}+${metadata}` : `${after(tag)}dev.${commits}+${metadata}`;
}

/** The beginning of a development version after a release: SemVer orders `0.1.1-dev` after 0.1.0, and `0.2.0-rc.1.dev` after 0.2.0-rc.1. */
function after(tag: string): string {
  if (tag.includes('-')) return `${tag}.`;
  return `${tag.replace(/\d+$/, (patch) => String(Number(patch) + 1))}-`;
}
