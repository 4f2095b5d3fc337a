#include "kernels/tree.h"

#include <algorithm>

#include "kernels/failure.h"
#include "kernels/poseidon.h"
#include "kernels/sha256.h"

namespace seal {

namespace {

constexpr std::uint64_t chunk_leaves = 32768;  // 2^15 = 8^5: a power of both arities

/// Replaces a row by the row above it and passes that to `emit`, repeatedly, up to `last_row` or the root.
void climb(TreeHash hash, unsigned arity, std::vector<Node>& row, unsigned first_row, unsigned last_row,
           const std::function<void(unsigned row, std::span<const Node> nodes)>& emit) {
  std::vector<Node> next(row.size() / arity);
  for (unsigned r = first_row; r <= last_row; ++r) {
    next.resize(row.size() / arity);
    hash_tree_row(hash, row.data(), next.data(), next.size());
    std::swap(row, next);
    emit(r, row);
  }
}

}  // namespace

TreeLayout::TreeLayout(TreeHash hash, std::uint64_t leaves, unsigned skipped_rows)
    : hash_(hash), leaves_(leaves), rows_(1), skipped_rows_(skipped_rows) {
  std::uint64_t row = leaves;
  for (; row > 1 && row % arity() == 0; row /= arity()) ++rows_;
  require(row == 1, "the leaves of a tree are a power of its arity");
  require(skipped_rows < rows_, "a tree file holds at least its root");
}

std::uint64_t TreeLayout::row_nodes(unsigned row) const {
  std::uint64_t nodes = leaves_;
  for (unsigned r = 0; r < row; ++r) nodes /= arity();
  return nodes;
}

std::uint64_t TreeLayout::row_offset(unsigned row) const {
  std::uint64_t nodes = 0;
  for (unsigned r = skipped_rows_; r < row; ++r) nodes += row_nodes(r);
  return nodes * node_bytes;
}

void hash_tree_row(TreeHash hash, const Node* children, Node* parents, std::size_t parent_count) {
  if (hash == TreeHash::sha254) return sha254_row(children, parents, parent_count);
  poseidon_hash_row(8, children, parents, parent_count);
}

Node build_tree(const TreeLayout& layout, const LeafSource& leaves, const File* file, const Threads& threads,
                Control& control) {
  const std::uint64_t chunk = std::min(chunk_leaves, layout.leaves());
  const std::uint64_t chunks = layout.leaves() / chunk;
  unsigned chunk_rows = 0;  // rows above the leaves within a chunk
  for (std::uint64_t row = chunk; row > 1; row /= layout.arity()) ++chunk_rows;

  const auto store = [&](unsigned row, std::uint64_t first, std::span<const Node> nodes) {
    if (file == nullptr || row < layout.skipped_rows()) return;
    file->write(nodes.data(), nodes.size_bytes(), layout.row_offset(row) + first * node_bytes);
  };

  std::vector<Node> roots(chunks);
  for_each_item(threads, chunks, [&](std::uint64_t item, unsigned) {
    std::vector<Node> row(chunk);
    leaves(item * chunk, row);
    store(0, item * chunk, row);
    climb(layout.hash(), layout.arity(), row, 1, chunk_rows, [&](unsigned r, std::span<const Node> nodes) {
      control.checkpoint();
      store(r, item * nodes.size(), nodes);
    });
    roots[item] = row[0];
    control.advance(chunk);
  });
  climb(layout.hash(), layout.arity(), roots, chunk_rows + 1, layout.rows() - 1,
        [&](unsigned r, std::span<const Node> nodes) { store(r, 0, nodes); });
  return roots[0];
}

Node tree_root(TreeHash hash, std::span<const Node> leaves) {
  const TreeLayout layout(hash, leaves.size());
  std::vector<Node> row(leaves.begin(), leaves.end());
  climb(hash, layout.arity(), row, 1, layout.rows() - 1, [](unsigned, std::span<const Node>) {});
  return row[0];
}

Node combine_base_roots(std::span<const Node> base_roots, unsigned sub_arity, unsigned top_arity) {
  std::vector<Node> row(base_roots.begin(), base_roots.end());
  for (const unsigned arity : {sub_arity, top_arity}) {
    if (arity == 0) continue;
    require(row.size() % arity == 0, "the roots do not fill the groups of this shape");
    std::vector<Node> next(row.size() / arity);
    poseidon_hash_row(arity, row.data(), next.data(), next.size());
    row = std::move(next);
  }
  require(row.size() == 1, "the roots do not fill the groups of this shape");
  return row[0];
}

}  // namespace seal
