// docs/spec/sealing.md section 13.6: the file of all synthetic vanilla proofs. It is written once after phase
// 2, so that layers and trees C and D can be deleted before the seed is known.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/control.h"
#include "kernels/file.h"
#include "kernels/sealed_sector.h"
#include "kernels/shape.h"
#include "kernels/threads.h"
#include "kernels/vanilla_proof.h"

namespace seal {

/// Bytes of one record for a sector shape.
std::uint64_t synthetic_record_bytes(const Shape& shape);
/// Bytes of the whole file for a sector shape.
std::uint64_t synthetic_file_bytes(const Shape& shape);

/// Proves and verifies every synthetic challenge and writes the file, which gets its name when it is
/// complete. Progress stage "synthetic" counts challenges.
void write_synthetic_proofs(const RegisteredProof& proof, const VanillaStatement& statement,
                            const SealedSector& sector, const std::string& path, const Threads& threads,
                            Control& control);

/// An existing file of synthetic proofs. It is untrusted: its proofs must be verified.
class SyntheticProofs {
 public:
  SyntheticProofs(const Shape& shape, const std::string& path);
  /// Reads record `index` and rebuilds its labeling proofs from the columns. The record must be of
  /// `challenge`.
  VanillaProof read(std::uint64_t index, std::uint64_t challenge) const;

 private:
  const Shape* shape_;
  File file_;
};

}  // namespace seal
