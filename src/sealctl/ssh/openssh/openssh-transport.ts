import { setMaxListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { execa } from 'execa';
import { onExit } from 'signal-exit';
import { endLastLine } from '../config/host-key.ts';
import { acceptedKey, opensshProblem } from './openssh-messages.ts';
import { opensshArguments, opensshConfig } from './openssh-config.ts';
import type { Operator } from '../route.ts';
import type { AcceptedHostKey, SshTarget } from '../target.ts';
import type { RemoteProcess, Transport } from '../transport.ts';

export interface OpensshOptions {
  readonly connectTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly configFile: string | undefined;
  readonly operator: Operator;
  readonly onStep: (step: string) => void;
  readonly accepted: (key: AcceptedHostKey) => void;
  /** Fires when nobody waits for the connection any more. */
  readonly givenUp: AbortSignal;
}

type Ssh = ReturnType<typeof runSsh>;

/**
 * Said by the master's own session once it is logged in. The session lasts as long as its standard input, which this process holds:
 * when it is killed, the master ends by itself.
 */
const readyWord = 'sealctl-ready';
const holdOpen = `echo ${readyWord}; exec cat > /dev/null`;
const maxMessageBytes = 16 * 1024;

/**
 * Connects by the system's `ssh` with a control master, which supports all that OpenSSH does (certificates, ProxyCommand, hardware
 * keys). Rejects with a `ProblemError`.
 */
export async function openOpenssh(target: SshTarget, options: OpensshOptions): Promise<Transport> {
  options.onStep(`log in to ${target.address}`);
  const directory = await mkdtemp(join(tmpdir(), 'sealctl-ssh-'));
  const config = join(directory, 'config');
  const socket = join(directory, 's');
  await writeFile(config, opensshConfig(target, options), { mode: 0o600 });
  const knownHosts = target.ssh.knownHosts ?? join(options.operator.home, '.ssh/known_hosts');
  if (target.ssh.hostKeys === 'accept-new') endLastLine(knownHosts);
  const ssh = (...words: string[]) =>
    runSsh(['-F', config, '-S', socket, ...words], options.operator.environment);
  const destination = opensshArguments(target);
  const master = ssh('-M', ...destination, holdOpen);
  master.stdin.on('error', () => undefined);
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);
  const messages = tail(master);
  let reason: Error | undefined;
  const over = once(master).then(async (exit) => {
    ended.abort(reason ?? new Error(messages().trim() || `ssh ended with ${exit}`));
    await rm(directory, { recursive: true, force: true });
  });
  const close = async () => {
    reason ??= new Error('the connection was closed');
    master.kill('SIGTERM');
    await over;
  };
  options.givenUp.addEventListener('abort', () => void close(), { once: true });
  await ready(master, ended.signal, () => opensshProblem(target, messages(), ended.signal.reason, options));
  // Its messages came before, through another pipe.
  await new Promise((resolve) => setImmediate(resolve));
  const key = acceptedKey(messages(), knownHosts);
  if (key !== undefined) options.accepted(key);
  // Without its master, a client would silently open a new connection.
  const client = (...words: string[]) =>
    ssh('-o', 'ControlMaster=no', '-o', 'ProxyCommand=false', '-o', 'ProxyJump=none', ...words);
  return {
    // The shell turns a fatal signal into 128 plus its number, which ssh would not report.
    start: (command) =>
      Promise.resolve(
        remoteProcess(client('-o', 'LogLevel=ERROR', ...destination, `${command}; exit $?`), () =>
          masterLives(ssh('-O', 'check', ...destination)),
        ),
      ),
    openStream: ({ host, port }) => {
      const to = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      return openStream(client('-o', 'LogLevel=DEBUG1', '-W', to, ...destination));
    },
    ended: ended.signal,
    close,
  };
}

/**
 * Runs `ssh` where the terminal's signals do not reach it: Ctrl-C is for this process to heed, which first lets a running step end. What
 * it leaves running ends with it all the same.
 */
function runSsh(words: readonly string[], environment: Operator['environment']) {
  const ssh = execa('ssh', words, {
    reject: false,
    buffer: false,
    stdin: 'pipe',
    detached: true,
    env: environment,
    extendEnv: false,
  });
  const spare = onExit(() => {
    ssh.kill('SIGTERM');
  });
  ssh.once('exit', spare);
  ssh.once('error', spare);
  return ssh;
}

function ready(master: Ssh, ended: AbortSignal, problem: () => Error): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (piece: Buffer) => {
      // The login shell may print its own text before.
      said = (said + piece.toString('latin1')).slice(-maxMessageBytes);
      if (!said.includes(readyWord)) return;
      master.stdout.off('data', listen);
      master.stdout.resume();
      resolve();
    };
    master.stdout.on('data', listen);
    if (ended.aborted) reject(problem());
    ended.addEventListener('abort', () => reject(problem()), { once: true });
  });
}

function remoteProcess(ssh: Ssh, masterAnswers: () => Promise<boolean>): RemoteProcess {
  ssh.stdin.on('error', () => undefined);
  let stderr = '';
  ssh.stderr.on('data', (piece: Buffer) => {
    stderr = (stderr + piece.toString('latin1')).slice(-maxMessageBytes);
  });
  return {
    stdin: ssh.stdin,
    stdout: ssh.stdout,
    stderr: ssh.stderr,
    status: once(ssh).then(async (status) => {
      if (typeof status !== 'number') throw new Error(`ssh was ended by ${status}`);
      // ssh reports its own failures as 255, which may also be the status of the program.
      if (status === 255 && (/^mux_client|Control socket/m.test(stderr) || !(await masterAnswers())))
        throw new Error(stderr.trim() || 'the connection was closed');
      return status;
    }),
    abandon: () => {
      ssh.kill('SIGTERM');
    },
  };
}

async function masterLives(check: Ssh): Promise<boolean> {
  check.stdin.end();
  return (await once(check)) === 0;
}

/** A stream opens when the master has said so, in a debug message: there is no other sign. */
function openStream(ssh: Ssh): Promise<Duplex> {
  ssh.stdin.on('error', () => undefined);
  const messages = tail(ssh);
  return new Promise((resolve, reject) => {
    const listen = () => {
      if (!/master session id/.test(messages())) return;
      ssh.stderr.off('data', listen);
      const stream = Duplex.from({ readable: ssh.stdout, writable: ssh.stdin });
      stream.once('close', () => ssh.kill('SIGTERM'));
      resolve(stream);
    };
    ssh.stderr.on('data', listen);
    void once(ssh).then((status) => {
      const said = messages().split('\n');
      const failure = said.filter((line) => line !== '' && !line.startsWith('debug1: ')).join(' ');
      reject(new Error(failure || `ssh ended with ${status}`));
    });
  });
}

/** Resolves with the exit status or the signal's name once the process is over and its output read. */
function once(ssh: Ssh): Promise<number | string> {
  return new Promise((resolve) => {
    ssh.once('close', (code: number | null, signal: string | null) => resolve(code ?? signal ?? ''));
    ssh.once('error', (error) => resolve(error.message));
  });
}

function tail(ssh: Ssh): () => string {
  let text = '';
  ssh.stderr.on('data', (piece: Buffer) => {
    text = (text + piece.toString('utf8')).slice(-maxMessageBytes);
  });
  return () => text;
}
