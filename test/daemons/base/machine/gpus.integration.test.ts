import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseGpus, readGpus } from '../../../../src/daemons/base/machine/gpus.ts';

const listing = `0, GPU-aaaa1111-0000-0000-0000-000000000000, NVIDIA RTX A5000
1, GPU-bbbb2222-0000-0000-0000-000000000000, NVIDIA RTX A5000
2, GPU-cccc3333-0000-0000-0000-000000000000, NVIDIA GeForce RTX 3090, founders
`;
const gpus = parseGpus(listing);
let bin: string;

beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'gpus-'));
});

afterEach(() => rm(bin, { recursive: true }));

async function driver(script: string): Promise<Record<string, string>> {
  await writeFile(join(bin, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, 'nvidia-smi'), 0o755);
  return { PATH: `${bin}:/usr/bin:/bin` };
}

describe('the GPUs of a machine', () => {
  it('the GPUs are those that nvidia-smi lists, with commas in names', async () => {
    const env = await driver(`cat <<'END'\n${listing}END`);
    expect((await readGpus(env)).gpus).toEqual(gpus);
    expect(gpus[2]?.name).toBe('NVIDIA GeForce RTX 3090, founders');
  });

  it('a machine without nvidia-smi has no GPUs', async () => {
    expect(await readGpus({ PATH: bin })).toEqual({ gpus: [] });
  });

  it('a machine on which nvidia-smi fails has no GPUs, with the reason', async () => {
    const env = await driver('echo "driver/library version mismatch" >&2; exit 18');
    expect(await readGpus(env)).toEqual({ gpus: [], complaint: 'driver/library version mismatch' });
  });
});
