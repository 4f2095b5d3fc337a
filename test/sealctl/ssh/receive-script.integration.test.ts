import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { receiveScript } from '../../../src/sealctl/ssh/upload/upload.ts';

const start = randomBytes(300_000);
const rest = randomBytes(200_000);
const whole = Buffer.concat([start, rest]);
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'receive-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Runs the script as a host does; `before` runs in the same process, under the same PID. */
async function receive(input: Buffer, before = ':') {
  const path = join(directory, 'program');
  const digest = createHash('sha256').update(whole).digest('hex');
  const words = ['sh', path, digest, '0755', String(start.length)];
  return execa(
    'sh',
    ['-c', `${before}; script=$1; shift; exec sh -c "$script" "$@"`, 'sh', receiveScript, ...words],
    {
      input,
      reject: false,
    },
  );
}

const sent = (way: string, bytes: Buffer) => Buffer.concat([start, Buffer.from(`${way}\n`), bytes]);
const received = () => readFileSync(join(directory, 'program'));

describe('what a host makes of an upload', () => {
  it.each([
    ['as it is', sent('plain', rest)],
    [
      'compressed, in several pieces',
      sent('gzip', Buffer.concat([gzipSync(rest.subarray(0, 9)), gzipSync(rest.subarray(9))])),
    ],
  ])('is the file, when its rest comes %s', async (_, input) => {
    expect(await receive(input)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(received().equals(whole)).toBe(true);
    expect(statSync(join(directory, 'program')).mode & 0o777).toBe(0o755);
    expect(readdirSync(directory)).toEqual(['program']);
  });

  it('has nothing in it of what a process of the same number left there', async () => {
    const left = `printf left >'${directory}/program.upload-'$$`;
    expect(await receive(sent('plain', rest), left)).toMatchObject({ exitCode: 0 });
    expect(received().equals(whole)).toBe(true);
  });

  it.each([
    ['a byte is missing', sent('plain', rest.subarray(1))],
    ['the way of the rest is not known', sent('xz', rest)],
    ['the compressed rest is cut off', sent('gzip', gzipSync(rest).subarray(0, -9))],
  ])('is nothing when %s', async (_, input) => {
    expect(await receive(input)).toMatchObject({ exitCode: 65 });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is nothing when its start cannot be written, and when its rest cannot', async () => {
    for (const blocks of [100, 700]) {
      const limit = `trap '' XFSZ; ulimit -f ${blocks}`;
      const { exitCode, stderr } = await receive(sent('plain', rest), limit);
      expect(exitCode).toBe(65);
      expect(stderr).toContain('File too large');
      expect(readdirSync(directory)).toEqual([]);
    }
  });
});
