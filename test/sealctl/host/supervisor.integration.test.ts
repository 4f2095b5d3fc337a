import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shq } from '../../../src/sealctl/host/quote.ts';
import type { ServiceFact } from '../../../src/sealctl/host/probe/facts.ts';
import { RealHost, shell } from './real-host.ts';

const name = 'sealctl-worker-main';
let host: RealHost;
let directory: string;

beforeEach(() => {
  host = new RealHost();
  directory = `${host.layout.services}/${name}`;
  mkdirSync(directory, { recursive: true });
});
afterEach(async () => {
  await service('stop');
  host.remove();
});

const service = (verb: 'start' | 'stop' | 'reload') =>
  host.run({ do: 'service', manager: 'supervisor', name, verb });

async function fact(): Promise<ServiceFact> {
  const facts = await host.probe([{ ask: 'service', manager: 'supervisor', name }]);
  const found = facts.services.get(`service ${name}`);
  if (found === undefined) throw new Error('the probe does not answer for the service');
  return found;
}

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen in time`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function define(argv: readonly string[], more: readonly string[] = [], environment = ''): void {
  writeFileSync(`${directory}/env`, environment);
  const [program = '', ...rest] = argv;
  writeFileSync(
    `${directory}/run`,
    [
      `program=${shq(program)}`,
      `set -- ${rest.map(shq).join(' ')}`,
      `environment=${shq(`${directory}/env`)}`,
      'restart_delay_s=1',
      'stop_timeout_s=2',
      ...more,
      '',
    ].join('\n'),
  );
}

/** Limits of the logs of the host, as the kind `logs` writes them. */
function limitLogs(maxBytes: number, keep: number): void {
  writeFileSync(`${host.layout.services}/log-limits`, `max_bytes=${maxBytes}\nkeep=${keep}\n`);
}

/** Wakes the supervisor as its clock does every 20 seconds. */
function lookAtLog(): void {
  const supervisor = /^supervisor=(\d+)$/m.exec(readFileSync(`${directory}/status`, 'utf8'))?.[1];
  process.kill(Number(supervisor), 'SIGUSR1');
}

/** The newest first. */
function rotatedLogs(): string[] {
  const number = (file: string) => Number(file.slice('log.'.length));
  return readdirSync(directory)
    .filter((file) => /^log\.\d+$/.test(file))
    .sort((a, b) => number(a) - number(b));
}

/** Whether the file system of temporary files can cut off the front of a file, as ext4 and XFS can. */
function cutsOffFronts(): boolean {
  const work = mkdtempSync(join(tmpdir(), 'sealctl-front-'));
  const file = join(work, 'file');
  writeFileSync(file, Buffer.alloc(2 ** 20));
  const { status } = spawnSync('fallocate', ['--collapse-range', '--offset', '0', '--length', '65536', file]);
  rmSync(work, { recursive: true });
  return status === 0;
}

/** A zombie that nobody has taken leave of yet is dead. */
function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

describe('the supervisor', () => {
  it('starts the program with its arguments, environment and limits, and nothing of its own', async () => {
    define(['/bin/sleep', '1000'], ['nofile=2000', "cpus='0'"], 'A="it\'s \\$x \\"q\\""\nB="two\nlines"\n');
    await service('start');
    const { state, enabled, process } = await fact();
    expect({ state, enabled }).toEqual({ state: 'active', enabled: true });
    expect(process?.exe).toBe('/usr/bin/sleep');
    expect(process?.nofile).toEqual({ soft: 2000, hard: 2000 });
    expect(process?.cpus).toBe('0');
    expect(process?.environ.get('A')).toBe(`it's $x "q"`);
    expect(process?.environ.get('B')).toBe('two\nlines');
    expect(process?.environ.has('NODE_OPTIONS')).toBe(false);
    expect(readFileSync(`/proc/${process?.pid}/limits`, 'utf8')).toMatch(/^Max core file size +1 +1 /m);
    const files = execFileSync('readlink', ['-f', `/proc/${process?.pid}/fd/9`]).toString();
    expect(files).not.toContain(directory);
  });

  it('starts a program again that ended by itself, and counts it', async () => {
    define(['/bin/sleep', '1000']);
    await service('start');
    const first = (await fact()).process?.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await until('a new process', async () => {
      const { process: again } = await fact();
      return again !== undefined && again.pid !== first;
    });
    expect(await fact()).toMatchObject({ restarts: 1, result: 'signal 9', state: 'active' });
  });

  it('does not start a service twice, not even at the same moment', async () => {
    define(['/bin/sleep', '1000']);
    await service('start');
    await service('stop');
    const start = () => shell(['sh', `${host.layout.services}/supervisor`, 'start', directory], '');
    const results = await Promise.all([start(), start(), start()]);
    expect(results.map(({ status }) => status)).toEqual([0, 0, 0]);
    const { process: only } = await fact();
    await service('start');
    expect((await fact()).process?.pid).toBe(only?.pid);
    const running = execFileSync('pgrep', ['-fc', `supervise ${directory}`], { encoding: 'utf8' });
    // The supervisor and the part of it that wakes it.
    expect(Number(running)).toBe(2);
  });

  it('stops the process, disables the service, and may be told so twice', async () => {
    define(['/bin/sleep', '1000']);
    await service('start');
    const pid = (await fact()).process?.pid ?? 0;
    await service('stop');
    expect(isAlive(pid)).toBe(false);
    await service('stop');
    expect(await fact()).toMatchObject({ state: 'inactive', enabled: false, result: 'signal 15' });
  });

  it('ends a process that stands still, without waiting for its time to be up', async () => {
    define(['/bin/sleep', '1000'], ['stop_timeout_s=600']);
    await service('start');
    const pid = (await fact()).process?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await service('stop');
    expect(isAlive(pid)).toBe(false);
  });

  it('kills the whole group of a process that ignores SIGTERM', async () => {
    define(
      ['/bin/sh', '-c', 'trap "" TERM; sleep 1000 & echo $! >"$CHILD"; wait; sleep 1000'],
      [],
      `CHILD="${directory}/child"\n`,
    );
    await service('start');
    const pid = (await fact()).process?.pid ?? 0;
    const child = Number(readFileSync(`${directory}/child`, 'utf8'));
    await service('stop');
    expect([isAlive(pid), isAlive(child)]).toEqual([false, false]);
  });

  it('says why a program does not stay up', async () => {
    define(['/bin/sh', '-c', 'echo the disk is on fire; exit 3']);
    await expect(service('start')).rejects.toMatchObject({
      problems: [{ code: 'start-failed', why: expect.stringContaining('the disk is on fire') as string }],
    });
  });

  it('starts a repaired service that was in a loop, and does not hold the loop against it', async () => {
    define(['/bin/sh', '-c', 'exit 3']);
    await expect(service('start')).rejects.toMatchObject({ problems: [{ code: 'start-failed' }] });
    define(['/bin/sleep', '1000']);
    await service('start');
    expect(await fact()).toMatchObject({ state: 'active', restarts: 0 });
    await service('stop');
  });

  it('takes a process over whose supervisor was killed, without a second one', async () => {
    define(['/bin/sleep', '1000']);
    await service('start');
    const before = (await fact()).process;
    const supervisor = /^supervisor=(\d+)$/m.exec(readFileSync(`${directory}/status`, 'utf8'))?.[1];
    process.kill(Number(supervisor), 'SIGKILL');
    expect((await fact()).process?.pid).toBe(before?.pid);
    await service('start');
    expect((await fact()).process?.pid).toBe(before?.pid);
    await service('stop');
    expect(isAlive(before?.pid ?? 0)).toBe(false);
  });

  it('takes no stale PID for its process', async () => {
    define(['/bin/sleep', '1000']);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const status = (started: string, at: string) =>
      ['state=active', `process=${process.pid}`, `process_started=${started}`, `boot=${at}`, ''].join('\n');
    writeFileSync(`${directory}/status`, status('1', boot));
    expect(await fact()).toMatchObject({ state: 'inactive' });
    await service('stop');
    writeFileSync(`${directory}/status`, status('1', 'another boot'));
    await service('start');
    expect((await fact()).process?.exe).toBe('/usr/bin/sleep');
  });

  it.skipIf(!cutsOffFronts())(
    'rotates the log of a process that goes on writing, and loses no line of it',
    async () => {
      limitLogs(65_536, 1000);
      // It writes until the log was rotated several times, however fast this machine is.
      const write =
        'i=0; while [ ! -e "$ENOUGH" ]; do echo "line $i"; i=$((i+1)); done; echo $i >"$DONE"; exec sleep 1000';
      define(['/bin/sh', '-c', write], [], `ENOUGH="${directory}/enough"\nDONE="${directory}/done"\n`);
      await service('start');
      const { process: writer } = await fact();
      await until('several rotated logs', () => {
        lookAtLog();
        return rotatedLogs().length > 3;
      });
      writeFileSync(`${directory}/enough`, '');
      await until('the last line', () => existsSync(`${directory}/done`));
      expect((await fact()).process?.pid).toBe(writer?.pid);
      // Nothing rotates any more once the supervisor is gone.
      await service('stop');
      const lines = Number(readFileSync(`${directory}/done`, 'utf8'));
      const text = [...rotatedLogs().toReversed(), 'log']
        .map((file) => readFileSync(`${directory}/${file}`, 'utf8'))
        .join('');
      // The shell may have noted at the end that the process was terminated.
      const written = text.split('\n').filter((line) => line.startsWith('line '));
      expect(written.length).toBe(lines);
      expect(written.find((line, index) => line !== `line ${index}`)).toBeUndefined();
    },
  );

  it.skipIf(!existsSync('/dev/shm'))(
    'rotates a log where the file system cannot cut off its front, and the process goes on writing',
    async () => {
      host.remove();
      host = new RealHost({ root: mkdtempSync('/dev/shm/sealctl-host-') });
      directory = `${host.layout.services}/${name}`;
      mkdirSync(directory, { recursive: true });
      limitLogs(10_000, 50);
      define(['/bin/sh', '-c', 'i=0; while :; do echo "line $i"; i=$((i+1)); sleep 0.001; done']);
      await service('start');
      const { process: writer } = await fact();
      await until('a rotated log', () => {
        lookAtLog();
        return rotatedLogs().length > 0 && statSync(`${directory}/log`).size < 10_000;
      });
      expect(readFileSync(`${directory}/${rotatedLogs().at(-1)}`, 'utf8')).toMatch(/^line 0\nline 1\n/);
      await until('more lines', () => statSync(`${directory}/log`).size > 0);
      expect((await fact()).process?.pid).toBe(writer?.pid);
    },
  );

  it('keeps as many rotated logs as the limits say now, without a restart of the process', async () => {
    limitLogs(1000, 3);
    define(['/bin/sh', '-c', 'while :; do echo 0123456789012345678901234567890123456789; sleep 0.001; done']);
    await service('start');
    const { process: writer } = await fact();
    await until('three rotated logs', () => {
      lookAtLog();
      return rotatedLogs().length === 3;
    });
    limitLogs(1000, 1);
    await until('a single rotated log', () => {
      lookAtLog();
      return rotatedLogs().join() === 'log.1';
    });
    rmSync(`${host.layout.services}/log-limits`);
    await until('a log that grows past the former limit', () => {
      lookAtLog();
      return statSync(`${directory}/log`).size > 20_000;
    });
    expect((await fact()).process?.pid).toBe(writer?.pid);
  });

  it('forgets a service without a definition, with its log, but neither one that has a definition nor files of somebody else', async () => {
    define(['/bin/sleep', '1000']);
    await service('start');
    await service('reload');
    expect((await fact()).state).toBe('active');
    rmSync(`${directory}/run`);
    await expect(service('reload')).rejects.toMatchObject({ problems: [{ code: 'still-running' }] });
    await service('stop');
    await expect(service('reload')).rejects.toMatchObject({ problems: [{ code: 'foreign-file' }] });
    rmSync(`${directory}/env`);
    await service('reload');
    expect(existsSync(directory)).toBe(false);
    await service('reload');
  });
});
