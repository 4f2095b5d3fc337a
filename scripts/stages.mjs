// The stages of a build. Plain JavaScript, since the first of them installs what reads TypeScript.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Stage paths are relative to the repository
 * @property {string} title what is done, in the imperative
 * @property {string[]} reads files and folders: the stage runs again only when they have changed since it last succeeded
 * @property {string} [also] more that the result depends on
 * @property {string} makes a file or folder without which the stage runs again
 * @property {string[]} command
 */

/**
 * A function that runs a stage where it has to, and says so in one line with its time. The words of the tools are in the error that a
 * failed stage rejects with, and nowhere else.
 * @param {string} root the repository
 * @returns {(stage: Stage) => Promise<void>}
 */
export function stages(root) {
  const running = new Set();
  const terminal = process.stderr.isTTY;
  /** @param {string} text */
  const line = (text) => process.stderr.write(`${terminal ? '\r\x1b[K' : ''}${text}\n`);
  const showRunning = () => {
    if (terminal && running.size > 0) process.stderr.write(`\r\x1b[K        ${[...running].join(', ')} ...`);
  };
  return async ({ title, reads, also = '', makes, command }) => {
    const stamp = join(root, 'node_modules/.sealctl', title.replaceAll(' ', '-'));
    const digest = digestOf(root, reads, also);
    if (existsSync(join(root, makes)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
    const began = performance.now();
    running.add(title);
    showRunning();
    try {
      await run(command, root);
    } catch (error) {
      running.delete(title);
      throw new Error(
        `sealctl: could not ${title}: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      );
    }
    running.delete(title);
    line(`${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${title}`);
    showRunning();
    mkdirSync(join(root, 'node_modules/.sealctl'), { recursive: true });
    writeFileSync(stamp, digest);
  };
}

/** The commit and whether tracked files differ from it, or nothing outside a repository. @param {string} root */
export function gitRevision(root) {
  const argv = ['describe', '--always', '--dirty', '--abbrev=40', '--tags'];
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' };
  return spawnSync('git', argv, { cwd: root, env, encoding: 'utf8' }).stdout ?? '';
}

/** @param {string[]} command @param {string} cwd @returns {Promise<void>} */
function run([program = '', ...argv], cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (said += text));
    child.on('error', (error) => reject(new Error(`${program} cannot be started: ${error.message}`)));
    child.on('close', (status, signal) => {
      if (status === 0) resolve();
      else reject(new Error(`${[program, ...argv].join(' ')} ended with ${status ?? signal}\n${said}`));
    });
  });
}

/** @param {string} root @param {string[]} inputs files and folders @param {string} also */
function digestOf(root, inputs, also) {
  const hash = createHash('sha256').update(process.version).update(also);
  for (const path of inputs.flatMap((input) => filesBelow(root, input)))
    hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/** @param {string} root @param {string} path @returns {string[]} */
function filesBelow(root, path) {
  if (!existsSync(join(root, path))) return [];
  if (statSync(join(root, path)).isFile()) return [path];
  const children = readdirSync(join(root, path)).filter(
    (name) => !/^(build|prebuilds|dist|node_modules)/.test(name),
  );
  return children.sort().flatMap((name) => filesBelow(root, `${path}/${name}`));
}
