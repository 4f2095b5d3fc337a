import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Interruption, SealctlContext } from './context.ts';

/** The context of the real process. */
export function processContext(): SealctlContext {
  const { stdin, stdout, stderr, env } = process;
  return {
    process: {
      stdout,
      stderr,
      env,
      get exitCode() {
        return process.exitCode ?? null;
      },
      set exitCode(code) {
        process.exitCode = code ?? undefined;
      },
    },
    cwd: process.cwd(),
    terminal: {
      stdin: stdin.isTTY,
      stdout: stdout.isTTY,
      // What is piped is searched and stored: no line of it is wrapped or cut.
      columns: stdout.isTTY ? (stdout.columns ?? 100) : 1000,
      rows: stdout.isTTY ? (stdout.rows ?? 24) : 1000,
      color: wantsColor(env, stdout.isTTY),
    },
    clock: {
      now: () => performance.now(),
      sleep: async (ms, signal) => {
        await sleep(ms, undefined, { signal });
      },
    },
    today: () => new Date(),
    randomText: () => randomBytes(16).toString('hex'),
    ask: askPerson,
    listenForInterruption,
    operator: `${userInfo().username}@${hostname()}`,
  };
}

/** https://no-color.org and FORCE_COLOR, else whether a person looks. */
function wantsColor(env: Readonly<Record<string, string | undefined>>, isTty: boolean): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0';
  return isTty && env['TERM'] !== 'dumb';
}

async function askPerson(
  question: string,
  answer: 'shown' | 'hidden' = 'shown',
): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const hidden = answer === 'hidden';
  const lines = createInterface({
    input: process.stdin,
    output: hidden ? nowhere() : process.stderr,
    // Without this, a terminal echoes by itself.
    terminal: hidden || process.stderr.isTTY,
  });
  const closed = new Promise<undefined>((resolve) => {
    lines.once('close', () => resolve(undefined));
  });
  try {
    if (hidden) process.stderr.write(question);
    return await Promise.race([lines.question(hidden ? '' : question), closed]);
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
}

/** Discards readline's echo of hidden input. */
function nowhere(): Writable {
  return new Writable({ write: (_piece, _encoding, done) => done() });
}

/** SIGHUP: the terminal was closed, or the connection to it was lost. */
const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** 128 plus the number of SIGINT, as shells report it. */
const endedByInterruption = 130;

function listenForInterruption(): Interruption {
  const stopping = new AbortController();
  const aborting = new AbortController();
  const onSignal = () => {
    if (aborting.signal.aborted) process.exit(endedByInterruption);
    if (stopping.signal.aborted) return aborting.abort(new Error('the apply was interrupted twice'));
    stopping.abort(new Error('the apply was interrupted'));
    process.stderr.write(
      '\nInterrupted: stopping after the running step. Press Ctrl-C again to stop at once.\n',
    );
  };
  // A running step must finish in order even when the output is closed.
  const onUnread = () => undefined;
  const streams = [process.stdout, process.stderr];
  for (const signal of interruptions) process.on(signal, onSignal);
  for (const stream of streams) stream.on('error', onUnread);
  return {
    stopping: stopping.signal,
    aborting: aborting.signal,
    dispose: () => {
      for (const signal of interruptions) process.off(signal, onSignal);
      for (const stream of streams) stream.off('error', onUnread);
    },
  };
}
