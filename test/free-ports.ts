import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Below the ports that systems give to outgoing connections: one of those could take a port between its choice and its use. */
const first = 12_000;
const count = 20_000;
/** A file a port, with the PID of the test process that has it, so that tests that run side by side never choose the same. */
const claims = join(tmpdir(), 'sealctl-test-ports');

/** A TCP port of loopback that nobody listens on and no other running test was given. */
export async function freePort(): Promise<number> {
  mkdirSync(claims, { recursive: true });
  const start = Math.floor(Math.random() * count);
  for (let offset = 0; offset < count; offset += 1) {
    const port = first + ((start + offset) % count);
    if (claim(port) && (await isFree(port))) return port;
  }
  throw new Error(`none of the ports ${first} to ${first + count - 1} is free`);
}

/** As many different ones. */
export async function freePorts(number: number): Promise<number[]> {
  return Promise.all(Array.from({ length: number }, freePort));
}

function claim(port: number): boolean {
  const file = join(claims, String(port));
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Free for a later try once its process has ended.
    if (!isRunning(ownerOf(file))) rmSync(file, { force: true });
    return false;
  }
}

function ownerOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number | undefined): boolean {
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
