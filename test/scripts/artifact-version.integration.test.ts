import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { debianVersion, fileVersion } from '../../scripts/release/artifact-version.ts';

describe('the version in a file name', () => {
  it('is that of the tag for a release, with the commit for any other build', () => {
    expect(fileVersion('0.2.0+git.0123456789')).toBe('0.2.0');
    expect(fileVersion('0.2.0-rc.1+git.0123456789')).toBe('0.2.0-rc.1');
    expect(fileVersion('0.2.1-dev.3+git.0123456789')).toBe('0.2.1-dev.3+git.0123456789');
    expect(fileVersion('0.2.0-rc.1.dev.3+git.0123456789')).toBe('0.2.0-rc.1.dev.3+git.0123456789');
  });
});

describe('the version of a Debian package', () => {
  it('is ordered by dpkg as the releases follow each other', () => {
    const inOrder = [
      '0.2.0-rc.1+git.0123456789',
      '0.2.0-rc.1.dev.3+git.0123456789',
      '0.2.0-rc.2+git.0123456789',
      '0.2.0+git.0123456789',
      '0.2.1-dev.3+git.0123456789',
      '0.2.1+git.0123456789',
    ].map(debianVersion);
    for (const [index, version] of inOrder.slice(1).entries()) {
      const before = inOrder[index] ?? '';
      expect(
        () => execFileSync('dpkg', ['--compare-versions', before, 'lt', version]),
        `${before} < ${version}`,
      ).not.toThrow();
    }
  });
});
