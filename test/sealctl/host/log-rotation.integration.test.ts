import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RealHost } from './real-host.ts';
import { SupervisedService, until } from './supervised-service.ts';

let service: SupervisedService;
beforeEach(() => {
  service = new SupervisedService();
});
afterEach(() => service.remove());

/** Limits of the logs of the host, as the kind `logs` writes them. */
function limitLogs(maxBytes: number, keep: number): void {
  writeFileSync(`${service.host.layout.services}/log-limits`, `max_bytes=${maxBytes}\nkeep=${keep}\n`);
}

/** The newest first. */
function rotatedLogs(): string[] {
  const number = (file: string) => Number(file.slice('log.'.length));
  return readdirSync(service.directory)
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

describe('the supervisor', () => {
  it.skipIf(!cutsOffFronts())(
    'rotates the log of a process that goes on writing, and loses no line of it',
    async () => {
      limitLogs(65_536, 1000);
      // It writes until the log was rotated several times, however fast this machine is.
      const write =
        'i=0; while [ ! -e "$ENOUGH" ]; do echo "line $i"; i=$((i+1)); done; echo $i >"$DONE"; exec sleep 1000';
      service.define(
        ['/bin/sh', '-c', write],
        [],
        `ENOUGH="${service.directory}/enough"\nDONE="${service.directory}/done"\n`,
      );
      await service.run('start');
      const { process: writer } = await service.fact();
      await until('several rotated logs', () => {
        service.lookAtLog();
        return rotatedLogs().length > 3;
      });
      writeFileSync(`${service.directory}/enough`, '');
      await until('the last line', () => existsSync(`${service.directory}/done`));
      expect((await service.fact()).process?.pid).toBe(writer?.pid);
      // Nothing rotates any more once the supervisor is gone.
      await service.run('stop');
      const lines = Number(readFileSync(`${service.directory}/done`, 'utf8'));
      const text = [...rotatedLogs().toReversed(), 'log']
        .map((file) => readFileSync(`${service.directory}/${file}`, 'utf8'))
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
      await service.remove();
      service = new SupervisedService(new RealHost({ root: mkdtempSync('/dev/shm/sealctl-host-') }));
      limitLogs(1_000, 50);
      service.define(['/bin/sh', '-c', 'i=0; while :; do echo "line $i"; i=$((i+1)); sleep 0.001; done']);
      await service.run('start');
      const { process: writer } = await service.fact();
      await until('a rotated log', () => {
        service.lookAtLog();
        return rotatedLogs().length > 0 && statSync(`${service.directory}/log`).size < 1_000;
      });
      expect(readFileSync(`${service.directory}/${rotatedLogs().at(-1)}`, 'utf8')).toMatch(
        /^line 0\nline 1\n/,
      );
      await until('more lines', () => statSync(`${service.directory}/log`).size > 0);
      expect((await service.fact()).process?.pid).toBe(writer?.pid);
    },
  );

  it('keeps as many rotated logs as the limits say now, without a restart of the process', async () => {
    limitLogs(1000, 3);
    service.define([
      '/bin/sh',
      '-c',
      'while :; do echo 0123456789012345678901234567890123456789; sleep 0.001; done',
    ]);
    await service.run('start');
    const { process: writer } = await service.fact();
    await until('three rotated logs', () => {
      service.lookAtLog();
      return rotatedLogs().length === 3;
    });
    limitLogs(1000, 1);
    await until('a single rotated log', () => {
      service.lookAtLog();
      return rotatedLogs().join() === 'log.1';
    });
    rmSync(`${service.host.layout.services}/log-limits`);
    await until('a log that grows past the former limit', () => {
      service.lookAtLog();
      return statSync(`${service.directory}/log`).size > 5_000;
    });
    expect((await service.fact()).process?.pid).toBe(writer?.pid);
  });
});
