// docs/spec/sealing.md sections 4 and 7: the parameters of a sector size and of a registered proof.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/bytes.h"

namespace seal {

/// Tree and layer parameters of one sector size. An arity of 0 means that the level does not exist.
struct Shape {
  std::uint64_t sector_bytes;
  std::uint64_t nodes;  ///< sector_bytes / 32
  unsigned layers;
  unsigned sub_arity;
  unsigned top_arity;
  unsigned porep_partitions;
  unsigned minimum_challenges;

  static constexpr unsigned base_arity = 8;

  unsigned base_trees() const { return (sub_arity ? sub_arity : 1) * (top_arity ? top_arity : 1); }
  std::uint64_t base_leaves() const { return nodes / base_trees(); }
  unsigned base_levels() const;           ///< log8 of base_leaves: rows above the leaves
  std::uint64_t base_tree_nodes() const;  ///< all rows, leaves and root included
  unsigned rows_to_discard() const;       ///< of a tree R file, in addition to the leaves (section 10)
  std::uint64_t tree_d_nodes() const { return 2 * nodes - 1; }
  unsigned challenges_per_partition() const {
    return (minimum_challenges + porep_partitions - 1) / porep_partitions;
  }
};

/// The shape of a sector size in bytes (the ten of section 7); throws `invalid_argument` for others.
const Shape& shape_of(std::uint64_t sector_bytes);

enum class ApiVersion { v1_0, v1_1, v1_2 };

enum class PorepFeature { none, synthetic, non_interactive };

struct RegisteredProof {
  unsigned number;  ///< 0 to 19
  const Shape* shape;
  ApiVersion api_version;
  PorepFeature feature;
  Node porep_id;
  std::string name;     ///< Lotus's name, such as StackedDrg32GiBV1_1
  std::string v1_name;  ///< the name in JSON keys for every version, such as StackedDrg32GiBV1
};

/// The properties of a registered seal proof; throws `invalid_argument` for an unknown number.
RegisteredProof registered_proof(unsigned number);

/// Section 4.2, with nonce 0.
Node porep_id_of(unsigned registered_proof_number);

/// Section 4.4.
Node prover_id_of(std::uint64_t actor_id);

/// Section 4.5.
Node replica_id_of(const Node& prover_id, std::uint64_t sector_number, const Node& ticket, const Node& comm_d,
                   const Node& porep_id);

}  // namespace seal
