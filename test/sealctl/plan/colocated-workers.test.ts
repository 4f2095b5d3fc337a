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
  ).map(({ code, severity, why }) => ({ code, severity, why }));

describe('workers that share a machine', () => {
  it('must not name one GPU by its index and by its UUID', () => {
    expect(found({ gpus: ['1'] }, { gpus: ['GPU-bb22'] })).toEqual([
      {
        code: 'gpu-conflict',
        severity: 'error',
        why: expect.stringContaining('w0 names it 1, w1 names it GPU-bb22'),
      },
    ]);
    expect(found({ gpus: ['0'] }, { gpus: ['GPU-bb22'] })).toEqual([]);
  });

  it('are told when they may use more memory together than there is', () => {
    expect(found({ memoryBytes: 200 * gib }, { memoryBytes: 100 * gib })).toEqual([
      {
        code: 'memory-overcommitted',
        severity: 'warning',
        why: expect.stringContaining('w0 200GiB, w1 100GiB'),
      },
    ]);
    expect(found({ memoryBytes: 128 * gib }, { memoryBytes: 128 * gib }, {})).toEqual([]);
  });
});
