// docs/spec/sealing.md section 12: the nodes that a proof of replication must open.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/shape.h"

namespace seal {

struct ChallengeCounts {
  unsigned partitions;
  unsigned per_partition;

  unsigned total() const { return partitions * per_partition; }
};

/// The number of challenges in a proof of this kind (sections 7 and 12).
ChallengeCounts challenge_counts(const Shape& shape, PorepFeature feature);

/// The common mapping of section 12 from 32 bytes, read as a little-endian integer, to a node in [1, nodes).
std::uint64_t challenge_of_digest(const std::uint8_t digest[32], std::uint64_t nodes);

/// Section 12.1, for one partition.
std::vector<std::uint64_t> interactive_challenges(std::uint64_t nodes, const Node& replica_id,
                                                  const Node& seed, unsigned partition,
                                                  unsigned per_partition);

/// Section 12.2 (FIP-0092), for one partition.
std::vector<std::uint64_t> non_interactive_challenges(std::uint64_t nodes, const Node& replica_id,
                                                      const Node& comm_r, unsigned partition,
                                                      unsigned per_partition);

/// Section 12.3 (FIP-0059): the challenges that are proven before the seed is known, and the selection from
/// them.
class SyntheticChallenges {
 public:
  SyntheticChallenges(std::uint64_t nodes, const Node& replica_id, const Node& comm_r);

  static std::uint64_t count(std::uint64_t nodes) { return nodes < (1u << 18) ? nodes : 1u << 18; }
  const Node& generation_key() const { return key_; }
  /// Synthetic challenge `index`, below `count`.
  std::uint64_t at(std::uint64_t index) const;

  static Node selection_key(const Node& replica_id, const Node& seed);
  /// Indices, below `count`, of the challenges that the seed selects for one partition.
  static std::vector<std::uint64_t> selected(std::uint64_t count, const Node& replica_id, const Node& seed,
                                             unsigned partition, unsigned per_partition);

 private:
  std::uint64_t nodes_;
  Node key_;
};

/// The inputs from which section 12 derives the challenges. Interactive and synthetic challenges come from
/// the seed, non-interactive ones from CommR.
struct ChallengeSource {
  Node replica_id;
  Node comm_r;
  Node seed;
};

/// The nodes that each partition of a proof opens.
std::vector<std::vector<std::uint64_t>> porep_challenges(const RegisteredProof& proof,
                                                         const ChallengeSource& source);

}  // namespace seal
