import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { fail } from '@sealctl/core/problem/problem';
import type { ExecRequest, ExecResult } from './connection.ts';
import type { RemoteProcess } from './transport.ts';

const defaultMaxOutputBytes = 64 * 2 ** 20;
const maxStderrBytes = 64 * 1024;

/** Feeds a program its input and waits for its end. A program that ends without reading everything is judged by its status. */
export async function collect(
  process: RemoteProcess,
  request: ExecRequest,
  host: string,
): Promise<ExecResult> {
  const { maxOutputBytes = defaultMaxOutputBytes, onStdout } = request;
  const stdout: Buffer[] = [];
  let stdoutBytes = 0;
  let stderr = Buffer.alloc(0);
  const tooLong = new Promise<never>((_, reject) => {
    process.stdout.on('data', (piece: Buffer) => {
      stdoutBytes += piece.length;
      if (stdoutBytes > maxOutputBytes) reject(outputTooLong(host, request.step, maxOutputBytes));
      else stdout.push(piece);
      onStdout?.(piece);
    });
  });
  process.stderr.on('data', (piece: Buffer) => {
    stderr = Buffer.concat([stderr, piece]).subarray(-maxStderrBytes);
  });
  try {
    // A failed source must end the program; the end of the program must end the wait for its source.
    const fed = feed(process.stdin, request.stdin).then(() => process.status);
    const status = await Promise.race([process.status, fed, tooLong]);
    return { status, stdout: Buffer.concat(stdout), stderr: stderr.toString('utf8') };
  } catch (thrown) {
    process.abandon();
    throw thrown;
  }
}

async function feed(stdin: Writable, input: ExecRequest['stdin']): Promise<void> {
  if (input === undefined || typeof input === 'string' || input instanceof Uint8Array) {
    stdin.end(input);
    return;
  }
  const closed = new Promise<void>((resolve) => {
    stdin.once('close', resolve);
    stdin.once('error', () => resolve());
  });
  for await (const piece of input) {
    if (stdin.destroyed || stdin.writableEnded) return;
    if (!stdin.write(piece)) await Promise.race([once(stdin, 'drain'), closed]);
  }
  stdin.end();
}

function outputTooLong(host: string, step: string, limit: number): Error {
  return fail({
    code: 'ssh-output-too-long',
    summary: `the response of ${host} exceeds the limit of ${limit} bytes: ${step}`,
    where: { in: 'host', host },
    why: 'a host in order sends far less',
    fix: 'check what the login shell of that account prints, and whether the machine is the right one',
  });
}
