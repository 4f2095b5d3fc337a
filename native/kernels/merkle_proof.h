// docs/spec/sealing.md sections 9.4 and 13.3: inclusion proofs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/shape.h"
#include "kernels/tree.h"

namespace seal {

/// One level of a path: the siblings in order, and the node's own position among them.
struct PathElement {
  std::vector<Node> siblings;
  std::uint64_t index;
  bool operator==(const PathElement&) const = default;
};

/// The path from a leaf to the root. `sub` and `top` have one element where the tree has that level,
/// otherwise none.
struct MerkleProof {
  Node root;
  Node leaf;
  std::vector<PathElement> base;
  std::vector<PathElement> sub;
  std::vector<PathElement> top;
  bool operator==(const MerkleProof&) const = default;
};

/// The levels of a tree, as expected by a verifier.
struct PathShape {
  TreeHash hash;
  unsigned base_levels;
  unsigned sub_arity;
  unsigned top_arity;

  unsigned base_arity() const { return hash == TreeHash::sha254 ? 2 : 8; }
  /// Number of siblings on all levels.
  unsigned siblings() const {
    return base_levels * (base_arity() - 1) + (sub_arity ? sub_arity - 1 : 0) +
           (top_arity ? top_arity - 1 : 0);
  }
};

PathShape tree_d_path_shape(const Shape& shape);
/// The shape of paths in trees C and R.
PathShape column_path_shape(const Shape& shape);

/// Computes `root` and the indices for a leaf at `leaf_index` from the leaf and the siblings, which must be
/// set.
void complete_merkle_proof(MerkleProof& proof, const PathShape& shape, std::uint64_t leaf_index);

/// A proof, the claim to verify, and its name in errors.
struct PathClaim {
  const MerkleProof& proof;
  std::uint64_t leaf_index;
  std::string what;
};

/// Throws `mismatch` with the name of the claim unless every proof has this shape, belongs to the leaf at its
/// index, and leads to the claimed root. Passing many claims at once is faster, since the hashes of one level
/// are computed together.
void verify_merkle_proofs(std::span<const PathClaim> claims, const PathShape& shape);

/// An empty proof of a shape, all nodes zero.
MerkleProof blank_merkle_proof(const PathShape& shape);

}  // namespace seal
