import { createHash } from 'node:crypto';

/**
 * The value that replaces a SNARK where no external prover is configured: it states that the vanilla proof was fully verified. It is not a
 * proof for a chain, and its text says so.
 */
export interface VanillaVerdict {
  readonly kind: 'vanilla-proof-verified';
  readonly step: 'C2' | 'PR2';
  readonly note: 'no SNARK: verified in full on the worker, no external prover is configured';
  /** SHA-256 of what was verified, hexadecimal. */
  readonly inputSha256: string;
}

/** The verdict on an input, as the bytes that replace the proof. */
export function vanillaVerdict(step: VanillaVerdict['step'], input: Uint8Array | string): Buffer {
  const verdict: VanillaVerdict = {
    kind: 'vanilla-proof-verified',
    step,
    note: 'no SNARK: verified in full on the worker, no external prover is configured',
    inputSha256: createHash('sha256').update(input).digest('hex'),
  };
  return Buffer.from(JSON.stringify(verdict), 'utf8');
}
