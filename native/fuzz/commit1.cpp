// Decodes and verifies C1 outputs, which come from other workers.
#include "kernels/commit1.h"

#include "fuzz/fuzz.h"
#include "kernels/poseidon.h"

using namespace seal;
using namespace seal::fuzz;

namespace {

/// Verifies against a statement made from the proof itself, so that verification does not end at the first
/// comparisons.
void verify(const VanillaProof& proof) {
  static const Graph graph(shape_of(2048).nodes, Node{}, ApiVersion::v1_1);
  for (const std::uint64_t sector_bytes : {2048, 16384, 32768}) {
    const Shape& shape = shape_of(sector_bytes);
    accepted({FailureCode::mismatch, FailureCode::not_canonical}, [&] {
      const Node roots[2] = {proof.c_x.inclusion.root, proof.comm_r_last.root};
      const VanillaStatement statement{Node{}, proof.comm_d.root, poseidon_hash(roots)};
      verify_vanilla_proof(shape, graph, statement, proof.c_x.node % shape_of(2048).nodes, proof);
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  Commit1Output output;
  const bool decoded = exact_or_malformed({bytes, bytes + count}, [&](const auto& input) {
    output = decode_commit1(input);
    return encode_commit1(output);
  });
  if (!decoded) return 0;
  for (const auto& partition : output.partitions) {
    for (const VanillaProof& proof : partition) verify(proof);
  }
  Control control;
  const SealStatement statement{1000, 7, output.ticket, output.seed, output.comm_d, output.comm_r};
  const RegisteredProof& proof = registered_proof(5);
  output.replica_id = replica_id_of(proof, statement);
  accepted({FailureCode::mismatch, FailureCode::not_canonical}, [&] {
    verify_commit1(proof, statement, output, {1, {}}, control);
  });
  return 0;
}
