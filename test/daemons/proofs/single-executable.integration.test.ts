import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildExecutable } from '../../../scripts/release/executable.ts';
import { hostTarget } from '../../../scripts/release/programs.ts';

const root = new URL('../../..', import.meta.url).pathname;

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'executable-'));
  const entry = join(directory, 'main.ts');
  writeFileSync(
    entry,
    `import { zeroCommitment } from ${JSON.stringify(join(root, 'src/daemons/proofs/pieces.ts'))};
     import { prepareParentCache } from ${JSON.stringify(join(root, 'src/daemons/proofs/sealing.ts'))};
     void prepareParentCache(5, process.argv[2] ?? '').then((path) => {
       console.log(JSON.stringify({ zero: zeroCommitment(2).toString('hex'), path }));
     });`,
  );
  const target = hostTarget();
  if (target === undefined) throw new Error('no executables are made here');
  const info = { version: '0', revision: 'abc' };
  const output = join(directory, 'dist/kernels');
  await buildExecutable({ root, name: 'kernels', entry, kernels: true, target, info, output });
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

test('a single executable unpacks its kernels into a private directory and runs them', () => {
  const cache = join(directory, 'cache');
  for (let run = 0; run < 2; run++) {
    const output = execFileSync(join(directory, 'dist/kernels'), [join(directory, 'parents')], {
      encoding: 'utf8',
      env: { XDG_CACHE_HOME: cache },
    });
    expect(JSON.parse(output)).toMatchObject({
      zero: '3731bb99ac689f66eef5973e4a94da188f4ddcae580724fc6f3fd60dfd488333',
      path: expect.stringContaining('v28-sdr-parent-'),
    });
    expect(readdirSync(join(cache, 'sealctl'))).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.node$/)]);
  }
});
