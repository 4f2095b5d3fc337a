import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Function } from '../../../src/sealctl/ssh/upload/upload.ts';

const bytes = randomBytes(300_000);
const digest = createHash('sha256').update(bytes).digest('hex');
let programs: string;
beforeAll(() => {
  programs = mkdtempSync(join(tmpdir(), 'sha256-on-host-'));
  for (const name of ['sha256sum', 'cut']) symlinkSync(`/usr/bin/${name}`, join(programs, name));
});
afterAll(() => {
  rmSync(programs, { recursive: true });
});

async function digestWith(path: string): Promise<string> {
  const { stdout } = await execa('/bin/sh', ['-c', `PATH=${path}\n${sha256Function}sha256`], {
    input: bytes,
  });
  return stdout;
}

describe('the digest of what a host received', () => {
  it('is right with the programs of this machine', async () => {
    expect(await digestWith('/usr/bin:/bin')).toBe(digest);
  });

  it('is right where there is no OpenSSL', async () => {
    expect(await digestWith(programs)).toBe(digest);
  });

  it('is right where OpenSSL does not work', async () => {
    const openssl = join(programs, 'openssl');
    writeFileSync(openssl, '#!/bin/sh\necho broken\nexit 0\n');
    chmodSync(openssl, 0o755);
    expect(await digestWith(programs)).toBe(digest);
  });
});
