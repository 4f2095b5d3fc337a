#include "kernels/base_trees.h"

#include "kernels/cache_files.h"
#include "kernels/encode.h"
#include "kernels/failure.h"
#include "kernels/field.h"
#include "kernels/new_file.h"
#include "kernels/poseidon.h"

namespace seal {

namespace {

PathElement without_own(std::vector<Node> group, std::uint64_t index) {
  group.erase(group.begin() + static_cast<std::ptrdiff_t>(index));
  return {std::move(group), index};
}

/// Reads nodes of a file. All must be field elements.
std::vector<Node> read_nodes(const File& file, std::uint64_t offset, std::size_t count) {
  std::vector<Node> nodes(count);
  file.read(nodes.data(), count * node_bytes, offset);
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_canonical(nodes[i])) fail_not_canonical(file, offset / node_bytes + i);
  }
  return nodes;
}

}  // namespace

Node build_base_trees(const Shape& shape, const TreeLayout& layout, const LeafSource& leaves,
                      const std::function<std::string(unsigned base_tree)>& file_name, const Threads& threads,
                      Control& control) {
  std::vector<Node> roots;
  for (unsigned tree = 0; tree < shape.base_trees(); ++tree) {
    NewFile file(file_name(tree));
    file.file().allocate(layout.file_bytes());
    const std::uint64_t offset = tree * shape.base_leaves();
    roots.push_back(build_tree(
        layout, [&](std::uint64_t first, std::span<Node> to) { leaves(offset + first, to); }, &file.file(),
        threads, control));
    file.commit(control);
  }
  return combine_base_roots(roots, shape.sub_arity, shape.top_arity);
}

BaseTrees BaseTrees::open_tree_c(const Shape& shape, const std::string& cache_dir) {
  const TreeLayout layout = tree_c_layout(shape);
  std::vector<File> files;
  for (unsigned tree = 0; tree < shape.base_trees(); ++tree) {
    files.push_back(File::open_read(tree_c_file(cache_dir, shape, tree)));
    files.back().require_size(layout.file_bytes());
  }
  return {shape, std::move(files), layout, {}};
}

BaseTrees BaseTrees::open_tree_r(const Shape& shape, const std::string& cache_dir,
                                 const std::string& replica_path) {
  std::vector<File> files;
  for (unsigned tree = 0; tree < shape.base_trees(); ++tree) {
    files.push_back(File::open_read(tree_r_last_file(cache_dir, shape, tree)));
  }
  TreeLayout layout = tree_r_last_layout(shape);
  for (unsigned discarded = 0; discarded < shape.base_levels(); ++discarded) {
    const TreeLayout candidate = tree_r_last_layout(shape, discarded);
    if (candidate.file_bytes() == files[0].size()) layout = candidate;
  }
  for (const File& file : files) file.require_size(layout.file_bytes());

  std::vector<File> replica;
  replica.push_back(File::open_read(replica_path));
  replica.back().require_size(shape.sector_bytes);
  return {shape, std::move(files), layout, std::move(replica)};
}

BaseTrees::BaseTrees(const Shape& shape, std::vector<File> files, TreeLayout layout,
                     std::vector<File> replica)
    : shape_(&shape), files_(std::move(files)), layout_(layout), replica_(std::move(replica)) {
  std::vector<Node> row;
  for (const File& file : files_)
    row.push_back(read_nodes(file, layout_.row_offset(layout_.rows() - 1), 1)[0]);
  upper_rows_.push_back(row);
  for (const unsigned arity : {shape.sub_arity, shape.top_arity}) {
    if (arity == 0) continue;
    std::vector<Node> next(row.size() / arity);
    poseidon_hash_row(arity, row.data(), next.data(), next.size());
    upper_rows_.push_back(next);
    row = std::move(next);
  }
}

MerkleProof BaseTrees::prove(std::uint64_t leaf) const {
  const auto tree = static_cast<unsigned>(leaf / shape_->base_leaves());
  std::uint64_t at = leaf % shape_->base_leaves();
  const std::vector<std::vector<Node>> rebuilt = rebuild(tree, at);

  MerkleProof proof{};
  proof.root = root();
  for (unsigned row = 0; row + 1 < layout_.rows(); ++row, at /= 8) {
    std::vector<Node> nodes = group(tree, row, at / 8 * 8, rebuilt);
    if (row == 0) proof.leaf = nodes[at % 8];
    proof.base.push_back(without_own(std::move(nodes), at % 8));
  }

  std::uint64_t position = tree;
  for (const unsigned arity : {shape_->sub_arity, shape_->top_arity}) {
    if (arity == 0) continue;
    std::vector<PathElement>& level = proof.sub.empty() ? proof.sub : proof.top;
    const std::vector<Node>& row = upper_rows_[&level == &proof.sub ? 0 : 1];
    const auto first = row.begin() + static_cast<std::ptrdiff_t>(position / arity * arity);
    level.push_back(without_own({first, first + arity}, position % arity));
    position /= arity;
  }
  return proof;
}

std::vector<Node> BaseTrees::group(unsigned tree, unsigned row, std::uint64_t first,
                                   const std::vector<std::vector<Node>>& rebuilt) const {
  if (row < rebuilt.size()) {
    const std::uint64_t within = first % rebuilt[row].size();
    const auto from = rebuilt[row].begin() + static_cast<std::ptrdiff_t>(within);
    return {from, from + 8};
  }
  return read_nodes(files_[tree], layout_.row_offset(row) + first * node_bytes, 8);
}

/// Rebuilds the omitted rows of the subtree under the stored node above `leaf`.
std::vector<std::vector<Node>> BaseTrees::rebuild(unsigned tree, std::uint64_t leaf) const {
  std::vector<std::vector<Node>> rows;
  if (layout_.skipped_rows() == 0) return rows;
  const File& replica = replica_[0];
  const std::uint64_t leaves = layout_.leaves() / layout_.row_nodes(layout_.skipped_rows());
  const std::uint64_t stored = leaf / leaves;
  const std::uint64_t offset = (tree * layout_.leaves() + stored * leaves) * node_bytes;
  std::vector<Node> row = read_nodes(replica, offset, leaves);
  while (row.size() > 1) {
    std::vector<Node> next(row.size() / 8);
    hash_tree_row(TreeHash::poseidon, row.data(), next.data(), next.size());
    rows.push_back(std::move(row));
    row = std::move(next);
  }
  Node expected;
  files_[tree].read(expected.data(), node_bytes,
                    layout_.row_offset(layout_.skipped_rows()) + stored * node_bytes);
  if (row[0] != expected) {
    throw Failure(FailureCode::mismatch,
                  replica.path() + " and " + files_[tree].path() + " differ in the " +
                      std::to_string(leaves) + " nodes at offset " + std::to_string(offset),
                  replica.path(), offset);
  }
  return rows;
}

}  // namespace seal
