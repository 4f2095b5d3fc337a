import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shell } from './real-host.ts';
import { SupervisedService, until } from './supervised-service.ts';

let service: SupervisedService;
beforeEach(() => {
  service = new SupervisedService();
});
afterEach(() => service.remove());

/** A zombie that nobody has taken leave of yet is dead. */
function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

describe('the supervisor', () => {
  it('starts the program with its arguments, environment and limits, and nothing of its own', async () => {
    service.define(
      ['/bin/sleep', '1000'],
      ['nofile=2000', "cpus='0'"],
      'A="it\'s \\$x \\"q\\""\nB="two\nlines"\n',
    );
    await service.run('start');
    const { state, enabled, process } = await service.fact();
    expect({ state, enabled }).toEqual({ state: 'active', enabled: true });
    expect(process?.exe).toBe('/usr/bin/sleep');
    expect(process?.nofile).toEqual({ soft: 2000, hard: 2000 });
    expect(process?.cpus).toBe('0');
    expect(process?.environ.get('A')).toBe(`it's $x "q"`);
    expect(process?.environ.get('B')).toBe('two\nlines');
    expect(process?.environ.has('NODE_OPTIONS')).toBe(false);
    expect(readFileSync(`/proc/${process?.pid}/limits`, 'utf8')).toMatch(/^Max core file size +1 +1 /m);
    const files = execFileSync('readlink', ['-f', `/proc/${process?.pid}/fd/9`]).toString();
    expect(files).not.toContain(service.directory);
  });

  it('starts a program again that ended by itself, and counts it', async () => {
    service.define(['/bin/sleep', '1000']);
    await service.run('start');
    const first = (await service.fact()).process?.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await until('a new process', async () => {
      const { process: again } = await service.fact();
      return again !== undefined && again.pid !== first;
    });
    expect(await service.fact()).toMatchObject({ restarts: 1, result: 'signal 9', state: 'active' });
  });

  it('does not start a service twice, not even at the same moment', async () => {
    service.define(['/bin/sleep', '1000']);
    await service.run('start');
    await service.run('stop');
    const start = () =>
      shell(['sh', `${service.host.layout.services}/supervisor`, 'start', service.directory], '');
    const results = await Promise.all([start(), start(), start()]);
    expect(results.map(({ status }) => status)).toEqual([0, 0, 0]);
    const { process: only } = await service.fact();
    await service.run('start');
    expect((await service.fact()).process?.pid).toBe(only?.pid);
    const running = execFileSync('pgrep', ['-fc', `supervise ${service.directory}`], { encoding: 'utf8' });
    // The supervisor and the part of it that wakes it.
    expect(Number(running)).toBe(2);
  });

  it('stops the process, disables the service, and may be told so twice', async () => {
    service.define(['/bin/sleep', '1000']);
    await service.run('start');
    const pid = (await service.fact()).process?.pid ?? 0;
    await service.run('stop');
    expect(isAlive(pid)).toBe(false);
    await service.run('stop');
    expect(await service.fact()).toMatchObject({ state: 'inactive', enabled: false, result: 'signal 15' });
  });

  it('ends a process that stands still, without waiting for its time to be up', async () => {
    service.define(['/bin/sleep', '1000'], ['stop_timeout_s=600']);
    await service.run('start');
    const pid = (await service.fact()).process?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await service.run('stop');
    expect(isAlive(pid)).toBe(false);
  });

  it('kills the whole group of a process that ignores SIGTERM', async () => {
    service.define(
      ['/bin/sh', '-c', 'trap "" TERM; sleep 1000 & echo $! >"$CHILD"; wait; sleep 1000'],
      [],
      `CHILD="${service.directory}/child"\n`,
    );
    await service.run('start');
    const pid = (await service.fact()).process?.pid ?? 0;
    const child = Number(readFileSync(`${service.directory}/child`, 'utf8'));
    await service.run('stop');
    expect([isAlive(pid), isAlive(child)]).toEqual([false, false]);
  });

  it('says why a program does not stay up', async () => {
    service.define(['/bin/sh', '-c', 'echo the disk is on fire; exit 3']);
    await expect(service.run('start')).rejects.toMatchObject({
      problems: [{ code: 'start-failed', why: expect.stringContaining('the disk is on fire') as string }],
    });
  });

  it('starts a repaired service that was in a loop, and does not hold the loop against it', async () => {
    // The supervisor does not start the repaired one by itself before it is told to.
    service.define(['/bin/sh', '-c', 'exit 3'], ['restart_delay_s=30']);
    await expect(service.run('start')).rejects.toMatchObject({ problems: [{ code: 'start-failed' }] });
    service.define(['/bin/sleep', '1000']);
    await service.run('start');
    expect(await service.fact()).toMatchObject({ state: 'active', restarts: 0 });
    await service.run('stop');
  });

  it('takes a process over whose supervisor was killed, without a second one', async () => {
    service.define(['/bin/sleep', '1000']);
    await service.run('start');
    const before = (await service.fact()).process;
    process.kill(service.supervisorPid(), 'SIGKILL');
    expect((await service.fact()).process?.pid).toBe(before?.pid);
    await service.run('start');
    expect((await service.fact()).process?.pid).toBe(before?.pid);
    await service.run('stop');
    expect(isAlive(before?.pid ?? 0)).toBe(false);
  });

  it('takes no stale PID for its process', async () => {
    service.define(['/bin/sleep', '1000']);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const status = (started: string, at: string) =>
      ['state=active', `process=${process.pid}`, `process_started=${started}`, `boot=${at}`, ''].join('\n');
    writeFileSync(`${service.directory}/status`, status('1', boot));
    expect(await service.fact()).toMatchObject({ state: 'inactive' });
    await service.run('stop');
    writeFileSync(`${service.directory}/status`, status('1', 'another boot'));
    await service.run('start');
    expect((await service.fact()).process?.exe).toBe('/usr/bin/sleep');
  });

  it('forgets a service without a definition, with its log, but neither one that has a definition nor files of somebody else', async () => {
    service.define(['/bin/sleep', '1000']);
    await service.run('start');
    await service.run('reload');
    expect((await service.fact()).state).toBe('active');
    rmSync(`${service.directory}/run`);
    await expect(service.run('reload')).rejects.toMatchObject({ problems: [{ code: 'still-running' }] });
    await service.run('stop');
    await expect(service.run('reload')).rejects.toMatchObject({ problems: [{ code: 'foreign-file' }] });
    rmSync(`${service.directory}/env`);
    await service.run('reload');
    expect(existsSync(service.directory)).toBe(false);
    await service.run('reload');
  });
});
