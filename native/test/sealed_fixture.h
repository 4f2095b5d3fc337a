// A small, really sealed sector in its own directory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/commit1.h"
#include "kernels/precommit2.h"
#include "kernels/shape.h"
#include "test/vectors.h"

namespace seal::test {

/// A registered proof, or one of the test shapes (docs/spec/sealing.md section 7) with its rules.
RegisteredProof proof_for(std::uint64_t sector_bytes, unsigned registered_proof_number);

/// Section 18.3: a whole sector with the unpadded pattern (7 i + 3) mod 256, padded.
std::vector<std::uint8_t> pattern_sector(std::uint64_t sector_bytes);
/// A whole sector of random unpadded bytes, padded.
std::vector<std::uint8_t> random_sector(std::uint64_t sector_bytes, Random& random);

/// A node of 32 equal bytes.
Node filled(std::uint8_t byte);

/// Builds the tree R files of a replica in a cache directory; returns the root.
Node rebuild_tree_r(const Shape& shape, const std::string& replica_path, const std::string& cache_dir);

void write_file(const std::string& path, const std::vector<std::uint8_t>& bytes);
std::vector<std::uint8_t> read_file(const std::string& path);

struct SealedFixture {
  /// Runs phases 1 and 2 on padded data; empty data means a sector of zeros.
  SealedFixture(RegisteredProof registered, const std::vector<std::uint8_t>& data, Node ticket, Node seed);

  std::string staged() const { return directory.file("staged"); }
  std::string sealed() const { return directory.file("sealed"); }
  std::string cache() const { return directory.file("cache"); }
  VanillaStatement vanilla_statement() const;
  /// Rebuilds trees C and R from the current layers and replica, and uses the resulting CommR, like an
  /// attacker.
  void forge_comm_r();

  RegisteredProof proof;
  TemporaryDirectory directory;
  SealStatement statement;
  Precommit2Result phase2;
  Threads threads{2, {}};
  Control control;
};

}  // namespace seal::test
