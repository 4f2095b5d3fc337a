/** The version in names of files: of a release without the commit, which its tag tells; of any other build with it. */
export function fileVersion(version: string): string {
  return /-dev|\.dev\./.test(version) ? version : version.replace(/\+.*$/, '');
}

/** The version as dpkg orders it: a pre-release before its release. */
export function debianVersion(version: string): string {
  return fileVersion(version).replaceAll('-', '~');
}
