import { describe, expect, it } from 'vitest';
import { versionOf } from '../../src/core/git-version.ts';

describe('the version of a build', () => {
  it.each([
    ['of a tagged commit is the tag', 'v0.1.0-0-g0123456789', '0.1.0+git.0123456789'],
    [
      'between two tags is a pre-release of the next patch, with the commits since the tag',
      'v0.1.9-12-g0123456789',
      '0.1.10-dev.12+git.0123456789',
    ],
    [
      'behind a release candidate is still before its release',
      'v0.2.0-rc.1-3-g0123456789',
      '0.2.0-rc.1.dev.3+git.0123456789',
    ],
    ['of a release candidate is its tag', 'v0.2.0-rc.1-0-g0123456789', '0.2.0-rc.1+git.0123456789'],
    ['tells that files differ from the commit', 'v0.1.0-0-g0123456789-dirty', '0.1.0+git.0123456789.dirty'],
    ['without a tag is a pre-release of the one in package.json', '0123456789', '0.3.0-dev+git.0123456789'],
    ['without a tag tells of differing files', '0123456789-dirty', '0.3.0-dev+git.0123456789.dirty'],
    ['outside a repository has no commit', undefined, '0.3.0-dev'],
  ])('%s', (_, describe, version) => {
    expect(versionOf(describe, '0.3.0')).toBe(version);
  });
});
