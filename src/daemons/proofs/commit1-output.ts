import {
  BinaryReader,
  BinaryWriter,
  keyed,
  listOf,
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
import { outlined, outlineOf, parsed } from './json-outline.ts';
import { registeredSealProofNamed, type RegisteredSealProof } from './registered-proof.ts';

/**
 * Converts the C1 output's binary form (docs/spec/sealing.md section 13.3) to the JSON of the reference's C API (section 13.4). The names
 * are the reference's own; hashes are arrays of 32 numbers. Yields one part for each vanilla proof, since the base64 of a non-interactive
 * output exceeds the maximum length of a string.
 */
export function* commit1JsonParts(proof: RegisteredSealProof, binary: Uint8Array): Generator<string> {
  const reader = new BinaryReader(binary, 'C1 output');
  const next = (layout: Layout): string => {
    const parts: string[] = [];
    layout.toJson(reader, parts);
    return parts.join('');
  };
  yield `{"registered_proof":"${proof.name}","vanilla_proofs":{"${proof.v1Name}":[`;
  const partitions = reader.count();
  for (let partition = 0; partition < partitions; partition += 1) {
    yield partition === 0 ? '[' : ',[';
    const proofs = reader.count();
    for (let index = 0; index < proofs; index += 1) yield (index === 0 ? '' : ',') + next(vanillaProof);
    yield ']';
  }
  yield ']}';
  for (const [name, field] of Object.entries(trailerFields)) yield `,"${name}":${next(field)}`;
  reader.end();
  yield '}';
}

/** As `commit1JsonParts`, in one string: 512 MiB at most. */
export function commit1Json(proof: RegisteredSealProof, binary: Uint8Array): string {
  return [...commit1JsonParts(proof, binary)].join('');
}

/**
 * Parses a C1 output's JSON into its proof type and binary form. Throws a problem `malformed-proof` with the location for anything but one
 * complete output.
 */
export function commit1Binary(json: Uint8Array): {
  readonly proof: RegisteredSealProof;
  readonly binary: Buffer;
} {
  // Each vanilla proof is parsed separately: the numbers of all proofs at once would exhaust the heap.
  const { outline, objects } = outlineOf(json, 4);
  const parsedAlone: Layout = {
    toJson: vanillaProof.toJson,
    toBinary(value, at, to) {
      const object = objects[Number(membersOf(value, at)[outlined])];
      if (object === undefined) throw malformed(at, 'it is not a vanilla proof');
      vanillaProof.toBinary(parsed(object.toString(), at), at, to);
    },
  };
  const { registered_proof: name, ...fields } = membersOf(parsed(outline, 'C1 output'), 'C1 output');
  const proof = registeredSealProofNamed(String(name));
  if (proof === undefined)
    throw malformed('C1 output.registered_proof', `${JSON.stringify(name)} is not a registered seal proof`);
  const writer = new BinaryWriter();
  // The key inside `vanilla_proofs` is always the V1 name, whatever the proof's version.
  const layout = struct({
    vanilla_proofs: keyed(proof.v1Name, listOf(listOf(parsedAlone))),
    ...trailerFields,
  });
  layout.toBinary(fields, 'C1 output', writer);
  return { proof, binary: writer.result() };
}

/** The commitments and randomness that follow the proofs in a C1 output, in the order of the binary form. */
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

const path = struct({ path: listOf(struct({ hashes: listOf(node), index: u64 })) });
const merkleProof = struct({
  data: oneOf({
    Single: struct({ root: node, leaf: node, path }),
    Sub: struct({ base_proof: path, sub_proof: path, root: node, leaf: node }),
    Top: struct({ base_proof: path, sub_proof: path, top_proof: path, root: node, leaf: node }),
  }),
});
const columnProof = struct({
  column: struct({ index: u32, rows: listOf(node), _h: phantom }),
  inclusion_proof: merkleProof,
});
const labelingProof = struct({ parents: listOf(node), layer_index: u32, node: u64 });
const vanillaProof = struct({
  comm_d_proofs: merkleProof,
  comm_r_last_proof: merkleProof,
  replica_column_proofs: struct({
    c_x: columnProof,
    drg_parents: listOf(columnProof),
    exp_parents: listOf(columnProof),
  }),
  labeling_proofs: listOf(labelingProof),
  encoding_proof: labelingProof,
});

const trailerFields = { comm_r: node, comm_d: node, replica_id: node, seed: node, ticket: node };
