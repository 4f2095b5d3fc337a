// Whether an addon works here.
import { spawnSync } from 'node:child_process';

// Z(2), the root over four zero nodes: computed by the kernels, and published.
const zeroCommitment = '3731bb99ac689f66eef5973e4a94da188f4ddcae580724fc6f3fd60dfd488333';
const script = `
  const module = { exports: {} };
  process.dlopen(module, process.argv[1]);
  if (module.exports.zeroCommitment({ level: 2 }).toString('hex') !== '${zeroCommitment}') throw new Error('it computes wrong results');
`;

/**
 * Loads an addon in a process of its own, because one built for another system may end the process, and has it
 * compute a known hash. Returns why it does not work, or undefined.
 * @param {string} addon @param {string[]} node the command that runs Node @returns {string | undefined}
 */
export function whyNotLoadable(addon, node = [process.execPath]) {
  const [program = '', ...args] = node;
  const { status, signal, stderr, error } = spawnSync(program, [...args, '--eval', script, addon], {
    encoding: 'utf8',
  });
  if (error !== undefined) return error.message;
  if (status === 0) return undefined;
  return /^Error: (.*)$/m.exec(stderr)?.[1] ?? `the process that loaded it ended with ${signal ?? status}`;
}
