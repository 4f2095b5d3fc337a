import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import workerThreads from 'node:worker_threads';
import { afterAll, afterEach } from 'vitest';

/**
 * Keeps the project `pure` pure: no process, no socket, no compiled code and no thread. What is forbidden throws where it is called, and
 * fails the test again at its end, for code under test may catch the first error. Files and folders are allowed.
 */

const forbidden = new Map<string, () => never>();
let touched: string | undefined;

/** What stands in for one forbidden function, the same one however often this file is read. */
function forbid(what: string): () => never {
  const known = forbidden.get(what);
  if (known !== undefined) return known;
  const refuse = function (): never {
    touched = what;
    throw new Error(reason(what));
  };
  forbidden.set(what, refuse);
  return refuse;
}

function reason(what: string): string {
  return `this test ${what} and so belongs to the integration project: rename its file to *.integration.test.ts`;
}

for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const)
  Object.assign(childProcess, { [name]: forbid(`starts a process (${name})`) });
Object.assign(net.Server.prototype, { listen: forbid('listens on a socket') });
Object.assign(net.Socket.prototype, { connect: forbid('connects a socket') });
for (const name of ['bind', 'connect', 'send'] as const)
  Object.assign(dgram.Socket.prototype, { [name]: forbid(`uses a datagram socket (${name})`) });
Object.assign(workerThreads, { Worker: forbid('starts a thread') });
Object.assign(process, { dlopen: forbid('loads compiled code (process.dlopen)') });
syncBuiltinESMExports();

afterEach(complain);
afterAll(complain);

function complain(): void {
  const what = touched;
  touched = undefined;
  if (what !== undefined) throw new Error(reason(what));
}
