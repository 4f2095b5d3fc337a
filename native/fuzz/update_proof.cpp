// Decodes and verifies vanilla proofs of updates, which come from other workers.
#include "kernels/update_proof.h"

#include "fuzz/fuzz.h"
#include "kernels/poseidon.h"

using namespace seal;
using namespace seal::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  UpdatePartitionProof proof;
  const bool decoded = exact_or_malformed({bytes, bytes + count}, [&](const auto& input) {
    proof = decode_update_partition(input);
    return encode_update_partition(proof);
  });
  if (!decoded || proof.challenges.empty()) return 0;
  // A statement made from the proof itself, so that verification does not end at the first comparisons.
  const UpdateChallengeProof& first = proof.challenges[0];
  const auto comm_r = [&](const Node& comm_r_last) {
    const Node roots[2] = {proof.comm_c, comm_r_last};
    return poseidon_hash(roots);
  };
  Control control;
  accepted({FailureCode::mismatch, FailureCode::not_canonical}, [&] {
    const UpdateStatement statement{comm_r(first.replica_old.root), comm_r(first.replica_new.root),
                                    first.data_new.root};
    verify_update(shape_of(2048), statement, {&proof, 1}, {1, {}}, control);
  });
  return 0;
}
