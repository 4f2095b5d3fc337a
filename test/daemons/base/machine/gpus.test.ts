import { describe, expect, it } from 'vitest';
import { parseGpus, visibleGpus } from '../../../../src/daemons/base/machine/gpus.ts';

const listing = `0, GPU-aaaa1111-0000-0000-0000-000000000000, NVIDIA RTX A5000
1, GPU-bbbb2222-0000-0000-0000-000000000000, NVIDIA RTX A5000
2, GPU-cccc3333-0000-0000-0000-000000000000, NVIDIA GeForce RTX 3090, founders
`;
const gpus = parseGpus(listing);
const visible = (env: Record<string, string>): number[] => visibleGpus(gpus, env).map((gpu) => gpu.index);

describe('the GPUs of a machine', () => {
  it('CUDA_VISIBLE_DEVICES selects GPUs in its order, up to the first unknown entry', () => {
    expect(visible({ CUDA_VISIBLE_DEVICES: '2,0' })).toEqual([2, 0]);
    expect(visible({ CUDA_VISIBLE_DEVICES: 'GPU-bbbb' })).toEqual([1]);
    expect(visible({ CUDA_VISIBLE_DEVICES: '1,7,0' })).toEqual([1]);
    expect(visible({ CUDA_VISIBLE_DEVICES: '' })).toEqual([]);
    expect(visible({ CUDA_VISIBLE_DEVICES: '-1' })).toEqual([]);
    expect(visible({ CUDA_VISIBLE_DEVICES: '0', NVIDIA_VISIBLE_DEVICES: 'none' })).toEqual([0]);
  });

  it('NVIDIA_VISIBLE_DEVICES selects the GPUs of a container, whose indices differ from those of the host', () => {
    expect(visible({ NVIDIA_VISIBLE_DEVICES: 'all' })).toEqual([0, 1, 2]);
    expect(visible({ NVIDIA_VISIBLE_DEVICES: '5' })).toEqual([0, 1, 2]);
    expect(visible({ NVIDIA_VISIBLE_DEVICES: 'GPU-cccc3333' })).toEqual([2]);
    expect(visible({ NVIDIA_VISIBLE_DEVICES: 'void' })).toEqual([]);
  });
});
