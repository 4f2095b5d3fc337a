import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { layoutOf, type SandboxHost, type SandboxState, type ServeRequest } from './layout.ts';
import { endProcesses } from './processes.ts';
import type { HostOrder, ServeMessage } from './serve.ts';

/** Where `tsx` is found. */
const repository = fileURLToPath(new URL('../..', import.meta.url));

export type { SandboxHost } from './layout.ts';

export interface SandboxOptions {
  /** Names of the hosts. */
  readonly hosts: readonly string[];
  /** Absolute. Kept when the sandbox ends; a sandbox started there again has the same hosts with the same disks, keys and ports. */
  readonly directory: string;
  /** True: the hosts go on when this process ends, until `stopSandbox(directory)`. */
  readonly keep?: boolean;
}

export interface Sandbox {
  readonly hosts: readonly SandboxHost[];
  readonly knownHostsFile: string;
  readonly identityFile: string;
  /** For `ssh -F FILE HOST`. */
  readonly sshConfigFile: string;
  /** Lets something happen to a host; resolves when it has. */
  readonly act: (act: HostOrder['act'], host: string) => Promise<void>;
  /** Ends the servers and everything the hosts run. The directory stays. */
  readonly stop: () => Promise<void>;
}

/** Starts hosts that need no root and no packages: SSH servers on loopback, each before a directory of its own. */
export async function startSandbox({ hosts, directory, keep = false }: SandboxOptions): Promise<Sandbox> {
  const layout = layoutOf(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (existsSync(layout.state)) await stopSandbox(directory);
  const request: ServeRequest = { directory, hosts, keep };
  const log = openSync(layout.log, 'a', 0o600);
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('serve.ts', import.meta.url)), JSON.stringify(request)],
    { cwd: repository, detached: true, stdio: ['ignore', log, log, 'ipc'] },
  );
  closeSync(log);
  await ready(child, directory);
  if (keep) {
    child.unref();
    child.channel?.unref();
  }
  const state = readState(directory);
  return {
    hosts: state.hosts,
    knownHostsFile: layout.knownHosts,
    identityFile: layout.identity,
    sshConfigFile: layout.sshConfig,
    act: orders(child),
    stop: () => stopSandbox(directory),
  };
}

/** Ends a sandbox by its directory, whoever started it. Nothing happens where none runs. */
export async function stopSandbox(directory: string): Promise<void> {
  const layout = layoutOf(directory);
  if (!existsSync(layout.state)) return;
  const state = readState(directory);
  const { pid, marker, hosts } = state;
  if (pid === undefined) return;
  if (commandOf(pid).includes('sandbox/serve.ts')) process.kill(pid, 'SIGTERM');
  await until(
    () => !commandOf(pid).includes('sandbox/serve.ts'),
    20_000,
    `sandbox server ${pid} does not end`,
  );
  // The server does this itself, unless it was killed.
  await endProcesses({ marker, roots: hosts.map(({ root }) => root) }, 3_000);
  writeFileSync(layout.state, `${JSON.stringify({ ...state, pid: undefined }, null, 2)}\n`);
}

function readState(directory: string): SandboxState {
  return JSON.parse(readFileSync(layoutOf(directory).state, 'utf8')) as SandboxState;
}

/** The server writes its state down once it listens everywhere. */
async function ready(child: ChildProcess, directory: string): Promise<void> {
  const layout = layoutOf(directory);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const said = () => readFileSync(layout.log, 'utf8').slice(-2000);
  await until(
    () => {
      if (failure !== undefined) throw failure;
      if (child.exitCode !== null)
        throw new Error(`the sandbox server ended with ${child.exitCode}: ${said()}`);
      return existsSync(layout.state) && readState(directory).pid === child.pid;
    },
    30_000,
    `the sandbox server ${child.pid} does not listen: see ${layout.log}`,
  );
}

function orders(child: ChildProcess): Sandbox['act'] {
  const waiting = new Map<number, (message: { readonly error?: string }) => void>();
  let next = 1;
  child.on('message', (message: ServeMessage) => {
    waiting.get(message.done)?.(message);
  });
  return (act, host) =>
    new Promise((resolve, reject) => {
      const order: HostOrder = { id: next++, host, act };
      waiting.set(order.id, ({ error }) => {
        waiting.delete(order.id);
        if (error === undefined) resolve();
        else reject(new Error(error));
      });
      child.send(order, (error) => {
        if (error !== null) reject(error);
      });
    });
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

async function until(holds: () => boolean, limitMs: number, otherwise: string): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(otherwise);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
