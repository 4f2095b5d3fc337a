#include "kernels/merkle_proof.h"

#include <bit>
#include <utility>

#include "kernels/failure.h"
#include "kernels/poseidon.h"
#include "kernels/sha256.h"

namespace seal {

namespace {

const PathElement& level_of(const MerkleProof& proof, std::size_t level) {
  if (level < proof.base.size()) return proof.base[level];
  level -= proof.base.size();
  return level < proof.sub.size() ? proof.sub[level] : proof.top[level - proof.sub.size()];
}
PathElement& level_of(MerkleProof& proof, std::size_t level) {
  return const_cast<PathElement&>(level_of(std::as_const(proof), level));
}

/// Arities of the levels, from the leaf upwards.
std::vector<unsigned> arities_of(const PathShape& shape) {
  std::vector<unsigned> arities(shape.base_levels, shape.base_arity());
  if (shape.sub_arity != 0) arities.push_back(shape.sub_arity);
  if (shape.top_arity != 0) arities.push_back(shape.top_arity);
  return arities;
}

/// Appends the children of one parent: the siblings and `child`.
void append_group(std::vector<Node>& groups, const Node& child, const PathElement& element) {
  const auto before = element.siblings.begin() + static_cast<std::ptrdiff_t>(element.index);
  groups.insert(groups.end(), element.siblings.begin(), before);
  groups.push_back(child);
  groups.insert(groups.end(), before, element.siblings.end());
}

void hash_groups(TreeHash hash, unsigned arity, const std::vector<Node>& groups, std::vector<Node>& parents) {
  if (hash == TreeHash::sha254) return sha254_row(groups.data(), parents.data(), parents.size());
  poseidon_hash_row(arity, groups.data(), parents.data(), parents.size());
}

void require_levels(const PathClaim& claim, const PathShape& shape) {
  const auto check = [&](bool holds, const char* problem) {
    if (!holds) throw Failure(FailureCode::mismatch, claim.what + ": " + problem);
  };
  const MerkleProof& proof = claim.proof;
  check(proof.base.size() == shape.base_levels && proof.sub.size() == (shape.sub_arity ? 1 : 0) &&
            proof.top.size() == (shape.top_arity ? 1 : 0),
        "the path does not have the levels of this sector size");
  std::uint64_t rest = claim.leaf_index;
  const std::vector<unsigned> arities = arities_of(shape);
  for (std::size_t level = 0; level < arities.size(); ++level) {
    const PathElement& element = level_of(proof, level);
    check(element.siblings.size() == arities[level] - 1, "a level has the wrong number of siblings");
    check(element.index == rest % arities[level], "the path belongs to another leaf");
    rest /= arities[level];
  }
  check(rest == 0, "the leaf lies outside the tree");
}

}  // namespace

PathShape tree_d_path_shape(const Shape& shape) {
  return {TreeHash::sha254, static_cast<unsigned>(std::countr_zero(shape.nodes)), 0, 0};
}

PathShape column_path_shape(const Shape& shape) {
  return {TreeHash::poseidon, shape.base_levels(), shape.sub_arity, shape.top_arity};
}

MerkleProof blank_merkle_proof(const PathShape& shape) {
  const auto level = [](unsigned arity) { return PathElement{std::vector<Node>(arity - 1, Node{}), 0}; };
  MerkleProof proof{};
  proof.base.assign(shape.base_levels, level(shape.base_arity()));
  if (shape.sub_arity != 0) proof.sub.push_back(level(shape.sub_arity));
  if (shape.top_arity != 0) proof.top.push_back(level(shape.top_arity));
  return proof;
}

void complete_merkle_proof(MerkleProof& proof, const PathShape& shape, std::uint64_t leaf_index) {
  std::vector<Node> at = {proof.leaf};
  const std::vector<unsigned> arities = arities_of(shape);
  for (std::size_t level = 0; level < arities.size(); ++level) {
    PathElement& element = level_of(proof, level);
    element.index = leaf_index % arities[level];
    leaf_index /= arities[level];
    std::vector<Node> group;
    append_group(group, at[0], element);
    hash_groups(shape.hash, arities[level], group, at);
  }
  proof.root = at[0];
}

void verify_merkle_proofs(std::span<const PathClaim> claims, const PathShape& shape) {
  std::vector<Node> at;
  for (const PathClaim& claim : claims) {
    require_levels(claim, shape);
    at.push_back(claim.proof.leaf);
  }
  const std::vector<unsigned> arities = arities_of(shape);
  for (std::size_t level = 0; level < arities.size(); ++level) {
    std::vector<Node> groups;
    for (std::size_t i = 0; i < claims.size(); ++i)
      append_group(groups, at[i], level_of(claims[i].proof, level));
    hash_groups(shape.hash, arities[level], groups, at);
  }
  for (std::size_t i = 0; i < claims.size(); ++i) {
    if (at[i] == claims[i].proof.root) continue;
    throw Failure(FailureCode::mismatch, claims[i].what + ": the path does not lead to its root");
  }
}

}  // namespace seal
