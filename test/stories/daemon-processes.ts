import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect } from 'vitest';
import { freePort } from '../free-ports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a command line said and how it ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A daemon that runs in a process of its own. */
export interface DaemonProcess {
  readonly process: ChildProcess;
  readonly log: () => string;
  /** Sends a signal and waits for the end; the exit code, or the signal's name. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | string>;
  readonly ended: Promise<number | string>;
}

/** A miner and workers of one test, in a directory of their own; `tidy` ends all and removes it. */
export interface Cluster {
  readonly home: string;
  readonly miner: (...words: string[]) => Promise<Ended>;
  readonly worker: (name: string, ...words: string[]) => Promise<Ended>;
  readonly runMiner: () => Promise<DaemonProcess>;
  /** Starts a worker with the miner's admin token; `env` adds to or replaces its environment. */
  readonly runWorker: (
    name: string,
    words: readonly string[],
    env?: Record<string, string>,
  ) => Promise<DaemonProcess>;
  readonly token: () => Promise<string>;
  readonly minerPort: number;
  readonly tidy: () => Promise<void>;
}

/** Path of a single executable. */
export function executable(name: 'seal-miner' | 'seal-worker' | 'seal-bench'): string {
  return join(root, 'dist', name);
}

/** An empty cluster: nothing initialized, nothing running. */
export async function newCluster(): Promise<Cluster> {
  const home = await mkdtemp(join(tmpdir(), 'cluster-'));
  const minerPort = await freePort();
  const running = new Set<DaemonProcess>();
  const base = { PATH: process.env['PATH'] ?? '', HOME: home, SEAL_WORKER_MIN_NOFILE: '256' };
  const minerEnv = {
    ...base,
    LOTUS_MINER_PATH: join(home, 'miner'),
    LOTUS_API_LISTENADDRESS: `/ip4/127.0.0.1/tcp/${minerPort}/http`,
    LOTUS_API_REMOTELISTENADDRESS: `127.0.0.1:${minerPort}`,
    LOTUS_STORAGE_LOCALWORKERNAME: 'the-miner',
  };
  const token = async () => (await readFile(join(home, 'miner/token'), 'utf8')).trim();
  const workerEnv = (name: string) => ({ ...base, LOTUS_WORKER_PATH: join(home, name) });

  function start(
    name: 'seal-miner' | 'seal-worker',
    words: readonly string[],
    env: Record<string, string>,
  ): DaemonProcess {
    const child = spawn(executable(name), words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const ended = new Promise<number | string>((resolve) => {
      child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    });
    const daemon: DaemonProcess = {
      process: child,
      log: () => text,
      ended,
      end: (signal) => {
        child.kill(signal);
        return ended;
      },
    };
    running.add(daemon);
    void ended.then(() => running.delete(daemon));
    return daemon;
  }

  return {
    home,
    minerPort,
    token,
    miner: (...words) => run('seal-miner', words, minerEnv),
    worker: (name, ...words) => run('seal-worker', words, workerEnv(name)),
    async runMiner() {
      const daemon = start('seal-miner', ['run'], minerEnv);
      const { code, err } = await run('seal-miner', ['wait-api', '--timeout=60s'], minerEnv);
      expect(`${code} ${err}`).toBe('0 ');
      return daemon;
    },
    async runWorker(name, words, env = {}) {
      const info = `${await token()}:/ip4/127.0.0.1/tcp/${minerPort}/http`;
      return start('seal-worker', ['run', `--name=${name}`, ...words], {
        ...workerEnv(name),
        MINER_API_INFO: info,
        ...env,
      });
    },
    async tidy() {
      await Promise.all([...running].map((daemon) => daemon.end('SIGKILL')));
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function run(
  name: 'seal-miner' | 'seal-worker',
  words: readonly string[],
  env: Record<string, string>,
): Promise<Ended> {
  const result = await execa(executable(name), words, {
    env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    timeout: 30_000,
  });
  return { code: result.exitCode ?? -1, out: result.stdout, err: result.stderr };
}
