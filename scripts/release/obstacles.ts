import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildInfo } from '../../src/core/version.ts';
import { hostTarget } from './programs.ts';
import { runTool } from './run-tool.ts';

/** Something that keeps a release from being made, and what removes it. */
export interface Obstacle {
  readonly what: string;
  readonly remedy: string;
}

/** Programs that a release is made with, by the Debian package that has them. */
const tools: Readonly<Record<string, readonly string[]>> = {
  binutils: ['strip'],
  'binutils-aarch64-linux-gnu': ['aarch64-linux-gnu-strip'],
  'binutils-x86-64-linux-gnu': ['x86_64-linux-gnu-strip'],
  'g++': ['g++'],
  'g++-aarch64-linux-gnu': ['aarch64-linux-gnu-g++'],
  cmake: ['cmake'],
  'ninja-build': ['ninja'],
  dpkg: ['dpkg-deb'],
  tar: ['tar'],
  gzip: ['gzip'],
  git: ['git'],
};

/** What keeps this machine or this checkout from making a release; none when it can be made. */
export function obstaclesToRelease(root: string): Obstacle[] {
  const missing = Object.entries(tools).filter(([, programs]) => !programs.every(isThere));
  return [
    ...(hostTarget() === undefined
      ? [{ what: 'a release is made on Linux, on x64 or arm64', remedy: 'use such a machine' }]
      : []),
    ...missing.map(([name, programs]) => ({
      what: `${programs.join(', ')} is missing`,
      remedy: `apt-get install ${name}`,
    })),
    ...uncommitted(root),
    ...versionAgainstTag(root),
  ];
}

function isThere(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

function uncommitted(root: string): Obstacle[] {
  const changes = runTool('git', ['status', '--porcelain', '--untracked-files=no'], { cwd: root }).trim();
  if (changes === '') return [];
  return [{ what: `files differ from the commit:\n${changes}`, remedy: 'commit them, or take them back' }];
}

/** npm has the version from package.json and the programs have it from the tag. */
function versionAgainstTag(root: string): Obstacle[] {
  const [tagged] = buildInfo().version.split('+');
  const { version } = JSON.parse(readFileSync(join(root, 'src/sealctl/package.json'), 'utf8')) as {
    version: string;
  };
  const isRelease = tagged !== undefined && !/-dev|\.dev\./.test(tagged);
  if (!isRelease || tagged === version) return [];
  return [
    {
      what: `the tag says ${tagged}, package.json ${version}`,
      remedy: 'set the version, and tag that commit',
    },
  ];
}
