// The oldest system that an addon runs on: that of Node's own binaries.
import { execFileSync } from 'node:child_process';

/** The newest versions that may be asked for: Debian 10, RHEL 8, Ubuntu 18.10. @type {Record<string, number[]>} */
const floor = { GLIBC: [2, 28], GLIBCXX: [3, 4, 25], CXXABI: [1, 3, 11] };

// What asks for a newer library, and what to write in its place.
const replacements = [
  { of: /condition_variable/, use: 'an atomic and a short wait, as in kernels/gathered_layer.cpp' },
  { of: /exception_ptr|rethrow_exception/, use: 'FirstFailure (kernels/first_failure.h)' },
  { of: /filesystem/, use: 'the functions of kernels/file.h' },
  {
    of: /_Sp_|shared_ptr|__libc_single_threaded/,
    use: 'std::unique_ptr, or an owner that outlives its users',
  },
  { of: /once_call|call_once/, use: 'a static local variable' },
  { of: /\bl?f?stat(64)?\b/, use: 'File::size and file_exists (kernels/file.h)' },
  { of: /pthread_\w+_np|pthread_/, use: 'std::thread, and system calls such as sched_setaffinity' },
  { of: /bad_array_new_length/, use: 'kernels/old_libstdcxx.cpp' },
];

/**
 * The symbols of an addon that need a newer glibc or libstdc++ than the oldest system served, each with what to use
 * instead. Needs readelf (binutils), which reads the files of every processor.
 * @param {string} addon @returns {string[]} sentences; none when the addon runs on all systems served
 */
export function symbolsAboveFloor(addon) {
  const table = execFileSync('readelf', ['--wide', '--demangle', '--dyn-syms', addon], { encoding: 'utf8' });
  const found = [];
  for (const [, name = '', library = '', version = ''] of table.matchAll(
    / UND +(\S.*?)@{1,2}(GLIBC|GLIBCXX|CXXABI)_([\d.]+)/g,
  )) {
    const newest = floor[library] ?? [];
    if (compareVersions(version.split('.').map(Number), newest) <= 0) continue;
    const instead = replacements.find(({ of }) => of.test(name))?.use ?? 'something older';
    found.push(`${name} needs ${library}_${version}, newer than ${newest.join('.')}: use ${instead}`);
  }
  return found;
}

/** @param {readonly number[]} a @param {readonly number[]} b */
function compareVersions(a, b) {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
