#include "kernels/merkle_proof.h"

#include <bit>

#include "kernels/failure.h"
#include "kernels/poseidon.h"
#include "kernels/sha256.h"

namespace seal {

namespace {

Node hash_group(TreeHash hash, const std::vector<Node>& children) {
  return hash == TreeHash::sha254 ? sha254(children[0], children[1]) : poseidon_hash(children);
}

/// The parent of `child` at one level.
Node climb_level(TreeHash hash, const Node& child, const PathElement& element) {
  std::vector<Node> children = element.siblings;
  children.insert(children.begin() + static_cast<std::ptrdiff_t>(element.index), child);
  return hash_group(hash, children);
}

/// Calls `visit(element, arity)` for every level from the leaf upwards.
template <typename Proof, typename Visit>
void for_each_level(Proof& proof, const PathShape& shape, Visit visit) {
  for (auto& element : proof.base) visit(element, shape.base_arity());
  for (auto& element : proof.sub) visit(element, shape.sub_arity);
  for (auto& element : proof.top) visit(element, shape.top_arity);
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
  Node at = proof.leaf;
  for_each_level(proof, shape, [&](PathElement& element, unsigned arity) {
    element.index = leaf_index % arity;
    leaf_index /= arity;
    at = climb_level(shape.hash, at, element);
  });
  proof.root = at;
}

void verify_merkle_proof(const MerkleProof& proof, const PathShape& shape, std::uint64_t leaf_index,
                         const std::string& what) {
  const auto check = [&](bool holds, const char* problem) {
    if (!holds) throw Failure(FailureCode::mismatch, what + ": " + problem);
  };
  check(proof.base.size() == shape.base_levels && proof.sub.size() == (shape.sub_arity ? 1 : 0) &&
            proof.top.size() == (shape.top_arity ? 1 : 0),
        "the path does not have the levels of this sector size");
  std::uint64_t rest = leaf_index;
  Node at = proof.leaf;
  for_each_level(proof, shape, [&](const PathElement& element, unsigned arity) {
    check(element.siblings.size() == arity - 1, "a level has the wrong number of siblings");
    check(element.index == rest % arity, "the path belongs to another leaf");
    rest /= arity;
    at = climb_level(shape.hash, at, element);
  });
  check(rest == 0, "the leaf lies outside the tree");
  check(at == proof.root, "the path does not lead to its root");
}

}  // namespace seal
