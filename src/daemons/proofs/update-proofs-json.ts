import { messageOf } from '@sealctl/core/problem/problem';
import { malformed } from './layout.ts';

/** The vanilla proofs of an update as Lotus passes them on: a JSON array of base64, one for each partition. */
export function updateProofsJson(proofs: readonly Uint8Array[]): string {
  return JSON.stringify(proofs.map((proof) => Buffer.from(proof).toString('base64')));
}

/** Parses the output of `updateProofsJson`. Throws a problem `malformed-proof` for anything else. */
export function parseUpdateProofs(json: string): Buffer[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw malformed('update proofs', messageOf(error));
  }
  if (!Array.isArray(value)) throw malformed('update proofs', 'it is not a list');
  return value.map((text: unknown, index) => {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : undefined;
    // Node skips invalid base64 characters. The text is valid only if encoding the bytes again returns it.
    if (bytes === undefined || bytes.toString('base64') !== text)
      throw malformed(`update proofs[${index}]`, 'it is not base64');
    return bytes;
  });
}
