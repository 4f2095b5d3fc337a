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

/// One level of a path: the other children of the parent in their order, and the own position among them.
struct PathElement {
  std::vector<Node> siblings;
  std::uint64_t index;
  bool operator==(const PathElement&) const = default;
};

/// A leaf's way to the root. `sub` and `top` have one element where the tree has that level, and none
/// otherwise.
struct MerkleProof {
  Node root;
  Node leaf;
  std::vector<PathElement> base;
  std::vector<PathElement> sub;
  std::vector<PathElement> top;
  bool operator==(const MerkleProof&) const = default;
};

/// The levels of a tree, as a verifier must know them.
struct PathShape {
  TreeHash hash;
  unsigned base_levels;
  unsigned sub_arity;
  unsigned top_arity;

  unsigned base_arity() const { return hash == TreeHash::sha254 ? 2 : 8; }
  /// Siblings over all levels.
  unsigned siblings() const {
    return base_levels * (base_arity() - 1) + (sub_arity ? sub_arity - 1 : 0) +
           (top_arity ? top_arity - 1 : 0);
  }
};

PathShape tree_d_path_shape(const Shape& shape);
/// Of trees C and R alike.
PathShape column_path_shape(const Shape& shape);

/// Root and positions follow from leaf and siblings: fills `root` and the indices for a leaf at `leaf_index`.
/// The siblings are in place already.
void complete_merkle_proof(MerkleProof& proof, const PathShape& shape, std::uint64_t leaf_index);

/// What a proof is to show, and what it is called where it does not.
struct PathClaim {
  const MerkleProof& proof;
  std::uint64_t leaf_index;
  std::string what;
};

/// Throws `mismatch`, naming the claim, unless every proof has this shape, belongs to the leaf at its index,
/// and leads to the root that it names. Many at once are quicker: their hashes of one level are computed
/// together.
void verify_merkle_proofs(std::span<const PathClaim> claims, const PathShape& shape);

/// An empty proof of a shape, all nodes zero.
MerkleProof blank_merkle_proof(const PathShape& shape);

}  // namespace seal
