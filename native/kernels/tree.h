// Merkle trees over a row of leaves: sha254 with arity 2 (docs/spec/sealing.md section 3), Poseidon with
// arity 8 (section 9), and their files.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/control.h"
#include "kernels/file.h"
#include "kernels/threads.h"

namespace seal {

enum class TreeHash {
  sha254,   ///< arity 2
  poseidon  ///< arity 8
};

/// The layout of a complete tree in its file (section 9.5): row after row, leaves first, root last, without
/// the first `skipped_rows` rows (section 10).
class TreeLayout {
 public:
  /// `leaves` is a power of the arity.
  TreeLayout(TreeHash hash, std::uint64_t leaves, unsigned skipped_rows = 0);

  TreeHash hash() const { return hash_; }
  unsigned arity() const { return hash_ == TreeHash::sha254 ? 2 : 8; }
  unsigned rows() const { return rows_; }  ///< including leaves and root
  unsigned skipped_rows() const { return skipped_rows_; }
  std::uint64_t leaves() const { return leaves_; }
  std::uint64_t row_nodes(unsigned row) const;
  /// Byte offset of a stored row.
  std::uint64_t row_offset(unsigned row) const;
  std::uint64_t file_bytes() const { return row_offset(rows_ - 1) + node_bytes; }

 private:
  TreeHash hash_;
  std::uint64_t leaves_;
  unsigned rows_;
  unsigned skipped_rows_;
};

/// Hashes one row into the next.
void hash_tree_row(TreeHash hash, const Node* children, Node* parents, std::size_t parent_count);

/// Fills `to` with the leaves [first, first + to.size()). Must be thread-safe.
using LeafSource = std::function<void(std::uint64_t first, std::span<Node> to)>;

/// Builds a tree of any size in bounded memory: each thread uses one chunk of at most 32768 leaves and the
/// rows above it. Writes the stored rows to `file` unless it is null. Progress counts leaves. Returns the
/// root.
Node build_tree(const TreeLayout& layout, const LeafSource& leaves, const File* file, const Threads& threads,
                Control& control);

/// Root over a row in memory, whose size must be a power of the arity.
Node tree_root(TreeHash hash, std::span<const Node> leaves);

/// Section 9.1: the root over the base trees' roots, by a Poseidon hash of the sub arity for each group and
/// one of the top arity over all groups. An arity of 0 omits its level.
Node combine_base_roots(std::span<const Node> base_roots, unsigned sub_arity, unsigned top_arity);

}  // namespace seal
