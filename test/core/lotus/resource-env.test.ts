import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import {
  resourceEnvIssues,
  resourceSuffixes,
  resourceTableOf,
  resourceVariable,
  resourceVariables,
  sdrThreadsOf,
  withRewrittenDcNames,
} from '../../../src/core/lotus/resource-env.ts';
import { sealProofNumber } from '../../../src/core/lotus/seal-proof.ts';
import { sectorSizes } from '../../../src/core/lotus/sector-size.ts';
import { taskNameOf, taskTypes, type TaskCode } from '../../../src/core/lotus/task-type.ts';

const G = 2 ** 30;
const entry = (env: Record<string, string>, code: TaskCode, proof: number) =>
  resourceTableOf(env)[taskNameOf(code)]?.[proof];

describe('the resource table of an empty environment', () => {
  it('has the published figures of the big tasks', () => {
    expect(entry({}, 'PC1', 8)).toEqual({
      MinMemory: 56 * G,
      MaxMemory: 64 * G,
      GPUUtilization: 0,
      MaxParallelism: 1,
      MaxParallelismGPU: 0,
      BaseMinMemory: 10 * 2 ** 20,
      MaxConcurrent: 0,
    });
    expect(entry({}, 'PC2', 9)).toMatchObject({
      MinMemory: 30 * G,
      MaxParallelism: -1,
      MaxParallelismGPU: 6,
    });
    expect(entry({}, 'C2', 8)).toMatchObject({
      MaxMemory: 150 * G,
      BaseMinMemory: 32 * G,
      GPUUtilization: 1,
    });
    expect(entry({}, 'WNP', 7)).toMatchObject({ MinMemory: 2048, BaseMinMemory: 10 * G });
  });

  it('gives unsealing the row of PC1 and regenerating a sector key the row of a replica update', () => {
    const table = resourceTableOf({});
    expect(table[taskNameOf('UNS')]).toEqual(table[taskNameOf('PC1')]);
    expect(table[taskNameOf('GSK')]).toEqual(table[taskNameOf('RU')]);
  });

  it('has entries for V1, V1.1 and synthetic proofs of every size, and none for the non-interactive', () => {
    const proofs = Object.keys(resourceTableOf({})[taskNameOf('PC1')] ?? {}).map(Number);
    expect(proofs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, index) => index));
  });

  it('has no entry for tasks that take nothing', () => {
    for (const code of ['FIN', 'FUS', 'FRU', 'DL'] as const)
      expect(resourceTableOf({})[taskNameOf(code)]).toBeUndefined();
  });
});

describe('overrides', () => {
  it('prefer the sized name to the size-less one, and that to the default', () => {
    const env = { PC1_MAX_CONCURRENT: '2', PC1_32G_MAX_CONCURRENT: '4' };
    expect(entry(env, 'PC1', 8)?.MaxConcurrent).toBe(4);
    expect(entry(env, 'PC1', 9)?.MaxConcurrent).toBe(2);
    expect(entry(env, 'PC2', 8)?.MaxConcurrent).toBe(0);
  });

  it('turn text that is no number into 0, as Lotus does', () => {
    expect(entry({ PC1_32G_MAX_MEMORY: '64GiB' }, 'PC1', 8)?.MaxMemory).toBe(0);
    expect(entry({ PC1_32G_MAX_MEMORY: '-1' }, 'PC1', 8)?.MaxMemory).toBe(0);
    expect(entry({ PC2_32G_MAX_PARALLELISM: '-1' }, 'PC2', 8)?.MaxParallelism).toBe(-1);
    expect(entry({ PC2_32G_GPU_UTILIZATION: '0.25' }, 'PC2', 8)?.GPUUtilization).toBe(0.25);
  });

  it('reach the field of exactly the named task and size, whatever the number', () => {
    const codes = taskTypes.filter((type) => type.table && type.code !== 'DC').map((type) => type.code);
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        fc.constantFrom(...sectorSizes),
        fc.constantFrom(...resourceSuffixes),
        fc.nat(),
        (code, size, { suffix, field }, value) => {
          const env = { [resourceVariable(code, size.name, suffix)]: String(value) };
          const proof = sealProofNumber(size.name, 'V1_1');
          expect(entry(env, code, proof)?.[field]).toBe(value);
          expect(resourceEnvIssues(env)).toEqual([]);
          expect(resourceVariables()).toContain(Object.keys(env)[0]);
          const unchanged = resourceTableOf({});
          const other = sectorSizes.find((candidate) => candidate !== size);
          const otherProof = sealProofNumber(other?.name ?? '2KiB', 'V1_1');
          expect(entry(env, code, otherProof)).toEqual(unchanged[taskNameOf(code)]?.[otherProof]);
        },
      ),
    );
  });

  it('FIL_PROOFS_USE_MULTICORE_SDR raises the threads of PC1 only for the literal text 1', () => {
    expect(sdrThreadsOf({ FIL_PROOFS_USE_MULTICORE_SDR: '1' })).toBe(4);
    expect(sdrThreadsOf({ FIL_PROOFS_USE_MULTICORE_SDR: 'true' })).toBe(1);
    const env = { FIL_PROOFS_USE_MULTICORE_SDR: '1', FIL_PROOFS_MULTICORE_SDR_PRODUCERS: '1' };
    expect(entry(env, 'UNS', 8)?.MaxParallelism).toBe(2);
    expect(entry({ ...env, PC1_32G_MAX_PARALLELISM: '7' }, 'PC1', 8)?.MaxParallelism).toBe(7);
  });

  it('overrides of DC are rewritten from the long spelling of the size', () => {
    const { env, rewritten } = withRewrittenDcNames({ DC_32GiB_MAX_CONCURRENT: '3' });
    expect(rewritten).toEqual(['DC_32GiB_MAX_CONCURRENT']);
    expect(resourceTableOf(env)[taskNameOf('DC')]?.['0']?.MaxConcurrent).toBe(3);
  });
});

describe('what Lotus swallows silently', () => {
  const issueOf = (variable: string, value = '1') => resourceEnvIssues({ [variable]: value })[0];

  it('is reported with the name that works', () => {
    expect(issueOf('PRU2_32G_MAX_CONCURRENT')).toMatchObject({
      kind: 'ignored-name',
      fix: 'write PR2_32G_MAX_CONCURRENT',
    });
    expect(issueOf('PC1_32GiB_MAX_CONCURRENT')).toMatchObject({
      kind: 'ignored-name',
      fix: 'write PC1_32G_MAX_CONCURRENT',
    });
    expect(issueOf('DC_32G_MAX_CONCURRENT')).toMatchObject({
      kind: 'ignored-name',
      fix: 'write DC_MAX_CONCURRENT',
    });
    expect(issueOf('FIN_MAX_CONCURRENT')).toMatchObject({ kind: 'ignored-name', fix: 'remove it' });
  });

  it('includes values with units, empty values and values beyond 64 bits', () => {
    expect(issueOf('PC1_32G_MAX_MEMORY', '64GiB')).toMatchObject({ kind: 'bad-value' });
    expect(issueOf('PC1_32G_MAX_CONCURRENT', '')).toMatchObject({ kind: 'bad-value' });
    expect(issueOf('PC1_32G_MAX_MEMORY', '99999999999999999999')).toMatchObject({ kind: 'bad-value' });
    expect(issueOf('FIL_PROOFS_MULTICORE_SDR_PRODUCERS', 'many')).toMatchObject({ kind: 'bad-value' });
  });

  it('does not include variables that are none of Lotus', () => {
    expect(resourceEnvIssues({ PATH: '/bin', JAVA_MAX_MEMORY: '2G', PC1_32G: 'x', HTTP_PORT: '80' })).toEqual(
      [],
    );
  });
});
