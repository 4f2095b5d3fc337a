import { describe, expect, it } from 'vitest';
import { sealingWorkersText } from '../../../../src/daemons/cli/seal-miner/sealing-workers.ts';
import { resourceTableOf } from '../../../../src/core/lotus/resource-env.ts';
import type { WorkerStats } from '../../../../src/core/lotus/rpc-values.ts';

const GiB = 2 ** 30;

const busy: WorkerStats = {
  Info: {
    Hostname: 'seal-a',
    IgnoreResources: false,
    Resources: {
      MemPhysical: 512 * GiB,
      MemUsed: 15 * GiB,
      MemSwap: 64 * GiB,
      MemSwapUsed: 0,
      CPUs: 64,
      GPUs: ['NVIDIA RTX A5000', 'NVIDIA RTX A5000'],
      Resources: resourceTableOf({ PC1_32G_MAX_CONCURRENT: '4', PC2_32G_MAX_CONCURRENT: '1' }),
    },
  },
  Tasks: ['seal/v0/precommit/1'],
  Enabled: true,
  MemUsedMin: 180 * GiB,
  MemUsedMax: 207 * GiB,
  GpuUsed: 1,
  CpuUse: 18,
  TaskCounts: {
    '8:seal/v0/precommit/1': 3,
    '8:seal/v0/precommit/2': 1,
    '8:seal/v0/fetch': 1,
    '8:seal/v0/commit/2': 0,
    '8:': 2,
  },
};

const idle: WorkerStats = {
  Info: {
    Hostname: 'seal-b',
    IgnoreResources: false,
    Resources: {
      MemPhysical: 256 * GiB,
      MemUsed: 16 * GiB,
      MemSwap: 64 * GiB,
      MemSwapUsed: 0,
      CPUs: 32,
      GPUs: null,
      Resources: null,
    },
  },
  Tasks: null,
  Enabled: false,
  MemUsedMin: 0,
  MemUsedMax: 0,
  GpuUsed: 0,
  CpuUse: 0,
  TaskCounts: {},
};

const workers = {
  '9b21d7f4-0a65-4c1e-8f02-77aa31c0de55': idle,
  '5f0c7a1e-3b52-4b0d-9a77-0c1d2e3f4a5b': busy,
};

describe('sealing workers', () => {
  it('is laid out as in Lotus, workers by session', () => {
    expect(sealingWorkersText(workers, false)).toBe(
      [
        'Worker 5f0c7a1e-3b52-4b0d-9a77-0c1d2e3f4a5b, host seal-a',
        '\tTASK: GET(1) UNK(2) PC2(1/1) PC1(3/4) ',
        `\tCPU:  [${'|'.repeat(18)}${' '.repeat(46)}] 18/64 core(s) in use`,
        `\tRAM:  [${'|'.repeat(23)}${' '.repeat(41)}] 35% 195 GiB/512 GiB`,
        `\tVMEM: [${'|'.repeat(23)}${' '.repeat(41)}] 35% 207 GiB/576 GiB`,
        `\tGPU:  [${'|'.repeat(32)}${' '.repeat(32)}] 50% 1.00/2 gpu(s) in use`,
        '\tGPU: NVIDIA RTX A5000, used',
        '\tGPU: NVIDIA RTX A5000, used',
        'Worker 9b21d7f4-0a65-4c1e-8f02-77aa31c0de55, host seal-b (disabled)',
        `\tCPU:  [${' '.repeat(64)}] 0/32 core(s) in use`,
        `\tRAM:  [||||${' '.repeat(60)}] 6% 16 GiB/256 GiB`,
        `\tVMEM: [|||${' '.repeat(61)}] 5% 16 GiB/320 GiB`,
        '',
      ].join('\n'),
    );
  });

  it('colors counts green below their limit, yellow at it, and cyan without one', () => {
    const text = sealingWorkersText(workers, true);
    expect(text).toContain('\u001B[34mPC1\u001B[39m(\u001B[32m3/4\u001B[39m) ');
    expect(text).toContain('\u001B[34mPC2\u001B[39m(\u001B[33m1/1\u001B[39m) ');
    expect(text).toContain('\u001B[34mGET\u001B[39m(\u001B[36m1\u001B[39m) ');
    expect(text).toContain('host \u001B[35mseal-b\u001B[39m\u001B[31m (disabled)\u001B[39m');
  });

  it('shows memory used outside tasks in yellow in front of what tasks reserve', () => {
    const used = { ...idle, MemUsedMin: 4 * GiB };
    expect(sealingWorkersText({ x: used }, true)).toContain(
      'RAM:  [\u001B[33m|||\u001B[39m\u001B[32m|\u001B[39m',
    );
  });

  it('leaves PoSt workers out', () => {
    expect(sealingWorkersText({ x: { ...idle, Tasks: ['post/v0/windowproof'] } }, false)).toBe('');
  });
});
