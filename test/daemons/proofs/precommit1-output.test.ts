import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import { parsePrecommit1, precommit1Json } from '../../../src/daemons/proofs/precommit1-output.ts';
import { registeredSealProof } from '../../../src/daemons/proofs/registered-proof.ts';
import { vectors } from './vectors.ts';

const { p1_output: published } = vectors('sealing-lotus-bench.json') as {
  readonly p1_output: { readonly base64: string; readonly decoded: { readonly comm_d: readonly number[] } };
};
const proof = registeredSealProof(7);
const ticket = new Uint8Array(32).fill(1);

describe('the output of phase 1', () => {
  it('is the published object, byte for byte', () => {
    const json = precommit1Json({
      proof,
      commD: Uint8Array.from(published.decoded.comm_d),
      ticket,
      cacheDir: 's-cache',
    });
    expect(Buffer.from(json).toString('base64')).toBe(published.base64);
  });

  it('is read back from the published text', () => {
    const output = parsePrecommit1(proof, Buffer.from(published.base64, 'base64').toString());
    expect([...output.commD]).toEqual(published.decoded.comm_d);
    expect(output.ticket).toEqual(Buffer.from(ticket));
  });

  it('is refused for another proof type, and when it is anything else', () => {
    const text = Buffer.from(published.base64, 'base64').toString();
    expect(() => parsePrecommit1(registeredSealProof(2), text)).toThrow(/phase 1/);
    expect(() => parsePrecommit1(registeredSealProof(5), text)).toThrow(/phase 1/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (other) => {
        expect(() => parsePrecommit1(proof, other)).toThrow(ProblemError);
      }),
    );
  });
});
