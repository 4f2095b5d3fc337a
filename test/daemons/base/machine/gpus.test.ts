import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseGpus, readGpus, visibleGpus } from '../../../../src/daemons/base/machine/gpus.ts';

const listing = `0, GPU-aaaa1111-0000-0000-0000-000000000000, NVIDIA RTX A5000
1, GPU-bbbb2222-0000-0000-0000-000000000000, NVIDIA RTX A5000
2, GPU-cccc3333-0000-0000-0000-000000000000, NVIDIA GeForce RTX 3090, founders
`;
const gpus = parseGpus(listing);
const visible = (env: Record<string, string>): number[] => visibleGpus(gpus, env).map((gpu) => gpu.index);
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
  it('are those nvidia-smi lists, with commas in names', async () => {
    const env = await driver(`cat <<'END'\n${listing}END`);
    expect((await readGpus(env)).gpus).toEqual(gpus);
    expect(gpus[2]?.name).toBe('NVIDIA GeForce RTX 3090, founders');
  });

  it('are none where there is no nvidia-smi', async () => {
    expect(await readGpus({ PATH: bin })).toEqual({ gpus: [] });
  });

  it('are none, with the reason, where nvidia-smi fails', async () => {
    const env = await driver('echo "driver/library version mismatch" >&2; exit 18');
    expect(await readGpus(env)).toEqual({ gpus: [], complaint: 'driver/library version mismatch' });
  });

  it('are narrowed by CUDA_VISIBLE_DEVICES in its order, up to the first entry that names none', () => {
    expect(visible({ CUDA_VISIBLE_DEVICES: '2,0' })).toEqual([2, 0]);
    expect(visible({ CUDA_VISIBLE_DEVICES: 'GPU-bbbb' })).toEqual([1]);
    expect(visible({ CUDA_VISIBLE_DEVICES: '1,7,0' })).toEqual([1]);
    expect(visible({ CUDA_VISIBLE_DEVICES: '' })).toEqual([]);
    expect(visible({ CUDA_VISIBLE_DEVICES: '-1' })).toEqual([]);
    expect(visible({ CUDA_VISIBLE_DEVICES: '0', NVIDIA_VISIBLE_DEVICES: 'none' })).toEqual([0]);
  });

  it('are those the container runtime gave, whose indices are not those of the host', () => {
    expect(visible({ NVIDIA_VISIBLE_DEVICES: 'all' })).toEqual([0, 1, 2]);
    expect(visible({ NVIDIA_VISIBLE_DEVICES: '5' })).toEqual([0, 1, 2]);
    expect(visible({ NVIDIA_VISIBLE_DEVICES: 'GPU-cccc3333' })).toEqual([2]);
    expect(visible({ NVIDIA_VISIBLE_DEVICES: 'void' })).toEqual([]);
  });
});
