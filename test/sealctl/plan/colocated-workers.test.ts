import { describe, expect, it } from 'vitest';
import { colocatedWorkerFindings } from '../../../src/sealctl/plan/diff/colocated-workers.ts';
import { hostSpec, workerSpec } from '../model/spec.ts';

const gib = 2 ** 30;
const machine = {
  memoryBytes: 256 * gib,
  gpus: [
    { index: 0, uuid: 'GPU-aa11', name: 'Alpha' },
    { index: 1, uuid: 'GPU-bb22', name: 'Alpha' },
  ],
};
type Share = Parameters<typeof workerSpec>[2];
const found = (...shares: Share[]) =>
  colocatedWorkerFindings(
    hostSpec(
      'h',
      shares.map((share, index) => workerSpec('h', `w${index}`, share)),
    ),
    machine,
  );

describe('workers that share a machine', () => {
  it('must not name one GPU by its index and by its UUID', () => {
    expect(found({ gpus: ['1'] }, { gpus: ['GPU-bb22'] })).toEqual([
      {
        code: 'gpu-conflict',
        severity: 'error',
        summary: 'GPU 1 (GPU-bb22) of h is given to several workers',
        where: { in: 'host', host: 'h' },
        why: 'w0 names it 1, w1 names it GPU-bb22; the miner would reserve it for each',
        fix: 'give each worker GPUs of its own with `gpus`',
      },
    ]);
    expect(found({ gpus: ['0'] }, { gpus: ['GPU-bb22'] })).toEqual([]);
  });

  it('are told when they may use more memory together than there is', () => {
    expect(found({ memoryBytes: 200 * gib }, {}, { memoryBytes: 100.5 * gib })).toEqual([
      {
        code: 'memory-overcommitted',
        severity: 'warning',
        summary: 'the workers of h may use 300.5GiB of memory together, but the host has 256.0GiB',
        where: { in: 'host', host: 'h' },
        why: 'w0 200GiB, w2 102912MiB; the miner schedules tasks by these shares, and the kernel kills processes when memory runs out',
        fix: 'lower `memory` of the workers',
      },
    ]);
    expect(found({ memoryBytes: 128 * gib }, { memoryBytes: 128 * gib }, {})).toEqual([]);
  });
});
