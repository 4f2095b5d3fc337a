import { messageOf, fail } from '@sealctl/core/problem/problem';
import type { RegisteredSealProof } from './registered-proof.ts';

/** The output of the first phase, as the second phase uses it. */
export interface Precommit1Output {
  readonly proof: RegisteredSealProof;
  readonly commD: Uint8Array;
  readonly ticket: Uint8Array;
  /** The cache directory that the first phase filled. */
  readonly cacheDir: string;
}

/**
 * The first phase's output as Lotus passes it on: the reference's JSON (docs/spec/sealing.md section 10.1) with the ticket as
 * `_lotus_SealRandomness`, and keys in alphabetical order, as Go's encoder writes them.
 */
export function precommit1Json({ proof, commD, ticket, cacheDir }: Precommit1Output): string {
  const nodes = proof.sectorBytes / 32;
  const store = (id: string, size: number) => ({ id, path: cacheDir, rows_to_discard: 0, size });
  const labels = Array.from({ length: proof.layers }, (_, index) => store(`layer-${index + 1}`, nodes));
  return JSON.stringify({
    _lotus_SealRandomness: Buffer.from(ticket).toString('base64'),
    comm_d: [...commD],
    config: store('tree-d', 2 * nodes - 1),
    labels: { [proof.v1Name]: { _h: null, labels } },
    registered_proof: proof.name,
  });
}

/**
 * Parses the first phase's output and checks that it belongs to this proof type. Throws a problem `malformed-precommit1` for anything else.
 * The ticket is optional, since the reference itself does not write it.
 */
export function parsePrecommit1(
  proof: RegisteredSealProof,
  json: string,
): Pick<Precommit1Output, 'commD'> & { readonly ticket: Uint8Array | undefined } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw malformed(messageOf(error));
  }
  if (typeof value !== 'object' || value === null) throw malformed('it is not a JSON object');
  const members = value as Record<string, unknown>;
  if (members['registered_proof'] !== proof.name)
    throw malformed(
      `it has the proof type ${JSON.stringify(members['registered_proof'])}, not of ${proof.name}`,
    );
  const labels = members['labels'];
  if (typeof labels !== 'object' || labels === null || !(proof.v1Name in labels))
    throw malformed(`its labels are not for ${proof.v1Name}`);
  const commD = members['comm_d'];
  const isBytes =
    Array.isArray(commD) &&
    commD.length === 32 &&
    commD.every((byte: unknown) => Number.isInteger(byte) && Number(byte) >= 0 && Number(byte) < 256);
  if (!isBytes) throw malformed('its comm_d is not a list of 32 bytes');
  const ticket = members['_lotus_SealRandomness'];
  if (ticket !== undefined && typeof ticket !== 'string') throw malformed('its ticket is not a string');
  const bytes = ticket === undefined ? undefined : Buffer.from(ticket, 'base64');
  if (bytes !== undefined && bytes.length !== 32) throw malformed('its ticket does not have 32 bytes');
  return { commD: Uint8Array.from(commD as number[]), ticket: bytes };
}

function malformed(why: string) {
  return fail({
    code: 'malformed-precommit1',
    summary: 'cannot read the output of phase 1',
    why,
    fix: 'pass on exactly what phase 1 printed, with the same sector size and proof type',
  });
}
