import { messageOf } from '../problem/problem.ts';
import {
  BinaryReader,
  BinaryWriter,
  keyed,
  list,
  malformed,
  membersOf,
  node,
  oneOf,
  phantom,
  struct,
  u32,
  u64,
  type Layout,
} from './layout.ts';
import { registeredSealProofNamed, type RegisteredSealProof } from './registered-proof.ts';

/**
 * The C1 output in the JSON form that crosses the reference's C API (sheet section 13.4), from its binary form (13.3), and back. The
 * names are the reference's own; hashes are arrays of 32 numbers.
 */
export function commit1Json(proof: RegisteredSealProof, binary: Uint8Array): string {
  const reader = new BinaryReader(binary, 'C1 output');
  const parts = [`{"registered_proof":"${proof.name}"`];
  for (const [name, field] of Object.entries(fieldsOf(proof))) {
    parts.push(`,"${name}":`);
    field.toJson(reader, parts);
  }
  reader.end();
  parts.push('}');
  return parts.join('');
}

/**
 * The proof type and the binary form of a C1 output's JSON. Throws a problem `malformed-proof` that names the place for anything else
 * than one complete output.
 */
export function commit1Binary(json: string): {
  readonly proof: RegisteredSealProof;
  readonly binary: Buffer;
} {
  const { registered_proof: name, ...fields } = parsedObject(json);
  const proof = registeredSealProofNamed(String(name));
  if (proof === undefined)
    throw malformed('C1 output.registered_proof', `${JSON.stringify(name)} is no registered seal proof`);
  const writer = new BinaryWriter();
  struct(fieldsOf(proof)).toBinary(fields, 'C1 output', writer);
  return { proof, binary: writer.result() };
}

/** What Lotus and Curio wrap around a C1 output on its way to a prover. */
export interface Commit1Wrapper {
  readonly sectorNumber: number;
  readonly sectorBytes: number;
  /** The C1 output's JSON. */
  readonly phase1Output: string;
}

/** The wrapper's JSON, as Go's encoder writes it. */
export function commit1WrapperJson({ sectorNumber, sectorBytes, phase1Output }: Commit1Wrapper): string {
  const base64 = Buffer.from(phase1Output, 'utf8').toString('base64');
  return `{"SectorNum":${sectorNumber},"Phase1Out":"${base64}","SectorSize":${sectorBytes}}`;
}

/** Reads a wrapper. Throws a problem `malformed-proof` for anything else. */
export function parseCommit1Wrapper(json: string): Commit1Wrapper {
  const { SectorNum: sectorNumber, Phase1Out: output, SectorSize: sectorBytes } = parsedObject(json);
  if (!Number.isSafeInteger(sectorNumber) || !Number.isSafeInteger(sectorBytes) || typeof output !== 'string')
    throw malformed('C1 file', 'it is no object of SectorNum, Phase1Out and SectorSize');
  return {
    sectorNumber: Number(sectorNumber),
    sectorBytes: Number(sectorBytes),
    phase1Output: Buffer.from(output, 'base64').toString('utf8'),
  };
}

/** The commitments and randomness that a C1 output carries behind its proofs, in the order of the binary form. */
export interface Commit1Trailer {
  readonly commR: Uint8Array;
  readonly commD: Uint8Array;
  readonly replicaId: Uint8Array;
  readonly seed: Uint8Array;
  readonly ticket: Uint8Array;
}

/** The last five fields of a C1 output's binary form. */
export function commit1Trailer(binary: Uint8Array): Commit1Trailer {
  if (binary.length < 5 * 32) throw malformed('C1 output', 'it is shorter than its last five fields');
  const field = (index: number): Uint8Array => {
    const from = binary.length - (5 - index) * 32;
    return binary.slice(from, from + 32);
  };
  return { commR: field(0), commD: field(1), replicaId: field(2), seed: field(3), ticket: field(4) };
}

const path = struct({ path: list(struct({ hashes: list(node), index: u64 })) });
const merkleProof = struct({
  data: oneOf({
    Single: struct({ root: node, leaf: node, path }),
    Sub: struct({ base_proof: path, sub_proof: path, root: node, leaf: node }),
    Top: struct({ base_proof: path, sub_proof: path, top_proof: path, root: node, leaf: node }),
  }),
});
const columnProof = struct({
  column: struct({ index: u32, rows: list(node), _h: phantom }),
  inclusion_proof: merkleProof,
});
const labelingProof = struct({ parents: list(node), layer_index: u32, node: u64 });
const vanillaProof = struct({
  comm_d_proofs: merkleProof,
  comm_r_last_proof: merkleProof,
  replica_column_proofs: struct({
    c_x: columnProof,
    drg_parents: list(columnProof),
    exp_parents: list(columnProof),
  }),
  labeling_proofs: list(labelingProof),
  encoding_proof: labelingProof,
});

/** The key inside `vanilla_proofs` is the V1 name, whatever the proof's true version is. */
function fieldsOf(proof: RegisteredSealProof): Record<string, Layout> {
  return {
    vanilla_proofs: keyed(proof.v1Name, list(list(vanillaProof))),
    comm_r: node,
    comm_d: node,
    replica_id: node,
    seed: node,
    ticket: node,
  };
}

function parsedObject(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw malformed('C1 output', messageOf(error));
  }
  return membersOf(value, 'C1 output');
}
