import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSmallMiner, until, type SmallMiner } from './small-miner.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A real worker process. */
export interface WorkerProcess {
  readonly process: ChildProcess;
  readonly log: () => string;
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
}

export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
}

export interface StartedCommand {
  readonly said: () => string;
  readonly ended: Promise<CommandResult>;
}

/** A small miner and workers in processes of their own. */
export interface WorkerLab {
  readonly home: string;
  readonly miner: SmallMiner;
  /** Starts a worker in the repo of this name, and waits until it is registered. */
  readonly start: (name: string, words?: readonly string[]) => Promise<WorkerProcess>;
  readonly command: (name: string, ...words: string[]) => Promise<CommandResult>;
  /** The same, with what it has said so far. */
  readonly begin: (name: string, ...words: string[]) => StartedCommand;
  readonly tidy: () => Promise<void>;
}

export async function workerLab(sectorBytes = 2048): Promise<WorkerLab> {
  const home = await mkdtemp(join(tmpdir(), 'worker-'));
  const miner = await startSmallMiner(sectorBytes);
  const running = new Set<WorkerProcess>();
  const envOf = (name: string) => ({
    PATH: process.env['PATH'],
    HOME: home,
    LOTUS_WORKER_PATH: join(home, name),
    MINER_API_INFO: `good:/ip4/127.0.0.1/tcp/${miner.port}/http`,
    SEAL_WORKER_MIN_NOFILE: '256',
    FIL_PROOFS_PARENT_CACHE: join(home, 'parents'),
  });
  const launch = (name: string, words: readonly string[]) =>
    spawn(process.execPath, ['--import', 'tsx', 'src/daemons/cli/seal-worker/main.ts', ...words], {
      cwd: root,
      env: envOf(name),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const begin = (name: string, words: readonly string[]): StartedCommand => {
    const child = launch(name, words);
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { said: () => out, ended: closed.then((code) => ({ code, out })) };
  };

  return {
    home,
    miner,
    async start(name, words = []) {
      const before = miner.workerUrl();
      const child = launch(name, ['run', '--listen=127.0.0.1:0', ...words]);
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const worker: WorkerProcess = {
        process: child,
        log: () => text,
        async end(signal) {
          child.kill(signal);
          await ended;
          running.delete(worker);
        },
      };
      running.add(worker);
      await until(() => {
        if (child.exitCode !== null) throw new Error(`the worker ended:\n${text}`);
        return miner.workerUrl() !== before && text.includes('registered with the miner') ? true : undefined;
      }, `the registration of ${name}: ${text}`);
      return worker;
    },
    command: (name, ...words) => begin(name, words).ended,
    begin: (name, ...words) => begin(name, words),
    async tidy() {
      for (const worker of running) await worker.end('SIGKILL');
      await miner.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
