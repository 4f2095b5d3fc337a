// Why the addon cannot be built here, and what to do about it.
import { spawnSync } from 'node:child_process';

/** @typedef {{ what: string, fix: string }} Obstacle */

/** The compiler that node-gyp's makefiles call. */
export const compiler = () => process.env['CXX'] || 'g++';

const probe = `
#include <bit>
#include <span>
static_assert(std::has_single_bit(8u));
int main(int count, char** words) { return static_cast<int>(std::span(words, count).size()) - count; }
`;

/** What a build needs and this machine lacks, found before anything is compiled. @returns {Obstacle[]} */
export function missingTools() {
  const obstacles = [];
  if (!runs('make'))
    obstacles.push({ what: 'make is missing', fix: 'install it (Debian: apt install make)' });
  const python = process.env['npm_config_python'] || process.env['PYTHON'] || 'python3';
  if (!runs(python)) {
    obstacles.push({
      what: `Python 3 is missing: ${python} does not run`,
      fix: 'install it (Debian: apt install python3), or name it in PYTHON',
    });
  }
  const [program = '', ...flags] = compiler().split(' ');
  if (!runs(program)) {
    obstacles.push({
      what: `a C++ compiler is missing: ${program} does not run`,
      fix: 'install one (Debian: apt install g++), or name it in CXX',
    });
  } else if (!compiles(program, flags)) {
    obstacles.push({
      what: `the C++ compiler is too old: ${versionOf(program)} does not compile C++20`,
      fix: 'install GCC 11, clang 14 or a newer one, and name it in CXX',
    });
  }
  return obstacles;
}

const known = [
  {
    of: /node_api\.h: No such file|napi\.h: No such file/,
    what: "Node's headers or node-addon-api are missing",
    fix: 'install the package whole with npm; name the folder above include/node in npm_config_nodedir if Node lies in an unusual place',
  },
  {
    of: /node-gyp\/lib\/(download|install)\.js/,
    what: "Node's headers could not be downloaded",
    fix: "set npm_config_nodedir to the folder that has include/node (an unpacked Node archive, or /usr with Debian's libnode-dev), or allow the download",
  },
  {
    of: /Could not find any Python installation/,
    what: 'node-gyp found no Python that it can use',
    fix: 'install Python 3.8 or newer (Debian: apt install python3), or name it in PYTHON',
  },
  {
    of: /No space left on device|ENOSPC/,
    what: 'the disk is full',
    fix: 'free about 200 MB where the package lies and in TMPDIR',
  },
  {
    of: /Killed|cannot allocate memory|virtual memory exhausted/i,
    what: 'the compiler was ended by the system, most likely for want of memory',
    fix: 'build with fewer compilers at once: npm_config_jobs=1',
  },
];

/** The obstacle that a failed build's output shows, if it is a known one. @param {string} output @returns {Obstacle | undefined} */
export function obstacleIn(output) {
  return known.find(({ of }) => of.test(output));
}

/** @param {string} program */
function runs(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** @param {string} program @param {string[]} flags */
function compiles(program, flags) {
  const simd = process.arch === 'x64' ? ['-msha', '-mavx512ifma'] : [];
  return (
    spawnSync(program, [...flags, '-std=c++20', ...simd, '-x', 'c++', '-fsyntax-only', '-'], {
      input: probe,
      stdio: ['pipe', 'ignore', 'ignore'],
    }).status === 0
  );
}

/** @param {string} program */
function versionOf(program) {
  return spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0];
}
