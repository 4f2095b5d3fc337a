import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { ServerChannel } from 'ssh2';

/**
 * Runs what a client asked for, as sshd does: the login shell with `-c`, a process group of its own, and the end told once the
 * program has ended and nobody holds its output any more. Returns how to send the group a signal (`TERM`, `KILL` ...).
 */
export function runCommand(
  channel: ServerChannel,
  command: string,
  { environment, directory }: { environment: Readonly<Record<string, string>>; directory: string },
): (name: string) => void {
  const child = spawn('/bin/sh', ['-c', command], {
    env: environment,
    cwd: directory,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.once('error', (error) => {
    channel.stderr.write(`${error.message}\n`);
    channel.exit(127);
    channel.end();
  });
  // A program need not read its input to the end, and a client need not wait for the output.
  child.stdin.on('error', () => undefined);
  channel.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.once('close', () => {
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  });
  child.once('close', (code, signal) => {
    if (channel.destroyed) return;
    if (signal === null) channel.exit(code ?? 255);
    else channel.exit(signal.replace(/^SIG/, ''), false, '');
    channel.end();
  });
  return (name) => {
    const signal = `SIG${name}` as NodeJS.Signals;
    if (child.pid === undefined || child.exitCode !== null || !(signal in constants.signals)) return;
    process.kill(-child.pid, signal);
  };
}
