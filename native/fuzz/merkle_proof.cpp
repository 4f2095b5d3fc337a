// Decodes one inclusion proof in bincode, the building block of all proofs.
#include "kernels/merkle_proof.h"

#include "fuzz/fuzz.h"
#include "kernels/bincode.h"

using namespace seal;
using namespace seal::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  MerkleProof proof;
  const bool decoded = exact_or_malformed({bytes, bytes + count}, [&](const auto& input) {
    BincodeReader reader(input, "proof");
    proof = reader.merkle_proof();
    reader.end();
    BincodeWriter writer;
    writer.merkle_proof(proof);
    return writer.take();
  });
  if (!decoded) return 0;
  std::uint64_t leaf = 0;
  std::uint64_t weight = 1;
  for (const auto* levels : {&proof.base, &proof.sub, &proof.top}) {
    for (const PathElement& level : *levels) {
      leaf += level.index * weight;
      weight *= level.siblings.size() + 1;
    }
  }
  for (const std::uint64_t sector_bytes : {2048, 16384, 32768}) {
    const Shape& shape = shape_of(sector_bytes);
    for (const PathShape& path : {tree_d_path_shape(shape), column_path_shape(shape)}) {
      const PathClaim claim{proof, leaf, "proof"};
      accepted({FailureCode::mismatch, FailureCode::not_canonical}, [&] {
        verify_merkle_proofs({&claim, 1}, path);
      });
    }
  }
  return 0;
}
