import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { times } from '../../projects/times.ts';
import {
  commit1Binary,
  commit1Json,
  commit1JsonParts,
  commit1Trailer,
} from '../../../src/daemons/proofs/commit1-output.ts';
import { commit1WrapperParts, parseCommit1Wrapper } from '../../../src/daemons/proofs/commit1-wrapper.ts';
import { registeredSealProof } from '../../../src/daemons/proofs/registered-proof.ts';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import { bytesOfHex, vectors } from './vectors.ts';

interface Derived {
  readonly vector: {
    readonly params: { readonly comm_r: string; readonly comm_d: string };
    readonly c1: { readonly bincode_hex: string; readonly challenges: readonly (readonly number[])[] };
  };
}

const { vector } = vectors('sealing-derived-2kib-full.json') as Derived;
const proof = registeredSealProof(5);
const binary = bytesOfHex(vector.c1.bincode_hex);
const json = commit1Json(proof, binary);

describe('the JSON of a C1 output', () => {
  it('has the reference’s names in the reference’s order', () => {
    const value = JSON.parse(json) as Record<string, unknown>;
    expect(Object.keys(value)).toEqual([
      'registered_proof',
      'vanilla_proofs',
      'comm_r',
      'comm_d',
      'replica_id',
      'seed',
      'ticket',
    ]);
    expect(value['registered_proof']).toBe('StackedDrg2KiBV1_1');
    const [[first]] = (value['vanilla_proofs'] as { StackedDrg2KiBV1: [[Record<string, never>]] })
      .StackedDrg2KiBV1;
    expect(Object.keys(first)).toEqual([
      'comm_d_proofs',
      'comm_r_last_proof',
      'replica_column_proofs',
      'labeling_proofs',
      'encoding_proof',
    ]);
    expect(first['replica_column_proofs']).toMatchObject({
      c_x: {
        column: { index: vector.c1.challenges[0]?.[0], _h: null },
        inclusion_proof: { data: { Single: {} } },
      },
    });
    expect(first['encoding_proof']).toMatchObject({ layer_index: 2, node: vector.c1.challenges[0]?.[0] });
  });

  it('the JSON form and the binary form hold the same proof', () => {
    expect(commit1Binary(Buffer.from(json))).toEqual({ proof, binary: Buffer.from(binary) });
  });

  it('is refused when its names contradict each other, or are of no proof', () => {
    for (const name of ['StackedDrg8MiBV1_1', 'StackedDrg2KiBV1_3', ''])
      expect(() => commit1Binary(Buffer.from(json.replace('StackedDrg2KiBV1_1', name)))).toThrow(
        ProblemError,
      );
  });

  it('JSON with a changed character is refused, or is another proof', () => {
    fc.assert(
      fc.property(
        fc.nat(json.length - 1),
        fc.constantFrom('0', '1', '9', '[', ']', '{', '}', '"', ',', ':', '-', 'n', 'x'),
        (at, character) => {
          if (json[at] === character) return;
          const changed = json.slice(0, at) + character + json.slice(at + 1);
          let result: ReturnType<typeof commit1Binary>;
          try {
            result = commit1Binary(Buffer.from(changed));
          } catch (error) {
            expect(error).toBeInstanceOf(ProblemError);
            return;
          }
          expect(result).not.toEqual({ proof, binary: Buffer.from(binary) });
        },
      ),
      { numRuns: times(300) },
    );
  });

  it('is refused with a problem, whatever the value is', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(() => commit1Binary(Buffer.from(text))).toThrow(ProblemError);
      }),
    );
  });
});

describe('the binary form of a C1 output', () => {
  it('is refused with an offset when it is cut or too long', () => {
    fc.assert(
      fc.property(fc.nat(binary.length - 1), (length) => {
        expect(() => commit1Json(proof, binary.subarray(0, length))).toThrow(/offset \d+/);
      }),
      { numRuns: times(100) },
    );
    expect(() => commit1Json(proof, Uint8Array.of(...binary, 0))).toThrow(/offset/);
  });

  it('ends with commitments and randomness', () => {
    const trailer = commit1Trailer(binary);
    expect(trailer.commR).toEqual(bytesOfHex(vector.params.comm_r));
    expect(trailer.commD).toEqual(bytesOfHex(vector.params.comm_d));
    expect(trailer.seed).toEqual(new Uint8Array(32).fill(1));
    expect(() => commit1Trailer(new Uint8Array(159))).toThrow(ProblemError);
  });
});

describe('the wrapper around a C1 output', () => {
  const sector = { sectorNumber: 7, sectorBytes: 2048 };

  it('carries sector number, size and the JSON in base64', () => {
    const text = [...commit1WrapperParts(sector, commit1JsonParts(proof, binary))].join('');
    const base64 = Buffer.from(json).toString('base64');
    expect(text).toBe(`{"SectorNum":7,"Phase1Out":"${base64}","SectorSize":2048}`);
    expect(parseCommit1Wrapper(Buffer.from(text))).toEqual({ ...sector, phase1Output: Buffer.from(json) });
  });

  it('is read whatever the order and the spaces of its fields', () => {
    const text = ' { "SectorSize": 2048, "SectorNum" : 7, "Phase1Out" : "e30=" }\n';
    expect(parseCommit1Wrapper(Buffer.from(text))).toEqual({ ...sector, phase1Output: Buffer.from('{}') });
  });

  it('is refused when a field is missing or of another type', () => {
    for (const text of [
      '',
      '[]',
      '{"SectorNum":1}',
      '{"SectorNum":"1","Phase1Out":"","SectorSize":1}',
      '{"SectorNum":1,"Phase1Out":7,"SectorSize":1}',
      '{"SectorNum":1,"Phase1Out":7,"x":"","SectorSize":1}',
    ])
      expect(() => parseCommit1Wrapper(Buffer.from(text))).toThrow(ProblemError);
  });
});
