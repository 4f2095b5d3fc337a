import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processFact, type RawProcess } from '../../../src/sealctl/host/probe/probe-services.ts';

let parent: ChildProcess;
let child: number;

/** A shell tells the PID of a process it started and becomes a program that never asks how that one ended. */
beforeEach(async () => {
  parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
    env: { PATH: process.env['PATH'], MARK: 'mine' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(parent.stdout ?? process.stdin, 'data')) as [Buffer];
  child = Number(line.toString());
});
afterEach(() => {
  if (read(child).text.includes('sleep')) process.kill(child, 'SIGKILL');
  parent.kill('SIGKILL');
});

/** What the probe would send of a process. */
function read(pid: number): RawProcess {
  const file = (name: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'latin1');
    } catch {
      return '';
    }
  };
  let exe = '';
  try {
    exe = readlinkSync(`/proc/${pid}/exe`);
  } catch {
    // One that is ending has none.
  }
  return {
    exe,
    text: ['limits', 'status', 'stat'].map(file).join(''),
    environ: Buffer.from(file('environ'), 'latin1'),
  };
}

describe('a process', () => {
  it('is known with program and environment while it lives', async () => {
    await expect.poll(() => processFact(child, read(child))?.exe).toMatch(/\/(?:sleep|coreutils|busybox)$/);
    expect(processFact(child, read(child))).toMatchObject({ pid: child, cpus: expect.stringMatching(/^\d/) });
    expect(processFact(child, read(child))?.environ.get('MARK')).toBe('mine');
  });

  it('is gone once it was killed, though nobody has asked how it ended', async () => {
    process.kill(child, 'SIGKILL');
    await expect.poll(() => /^State:\s*Z/m.test(read(child).text)).toBe(true);
    expect(processFact(child, read(child))).toBeUndefined();
  });

  it('is gone as soon as it has given back its memory, whatever its state', async () => {
    await expect.poll(() => processFact(child, read(child))).toBeDefined();
    expect(processFact(child, { ...read(child), exe: '', environ: Buffer.alloc(0) })).toBeUndefined();
    expect(processFact(child, { ...read(child), exe: '' })).toBeDefined();
  });
});
