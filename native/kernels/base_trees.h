// docs/spec/sealing.md sections 9 and 10: trees C and R, with one file for each base tree. The few rows above
// the base trees are not stored.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/control.h"
#include "kernels/file.h"
#include "kernels/merkle_proof.h"
#include "kernels/shape.h"
#include "kernels/threads.h"
#include "kernels/tree.h"

namespace seal {

/// Builds all base trees of a sector and returns the root over them. `leaves` counts from the sector's first
/// node. `file_name` returns the name of a base tree's file, which gets that name when it is complete.
/// Progress counts leaves.
Node build_base_trees(const Shape& shape, const TreeLayout& layout, const LeafSource& leaves,
                      const std::function<std::string(unsigned base_tree)>& file_name, const Threads& threads,
                      Control& control);

/// Paths in tree C or tree R, read from one file for each base tree. Omitted rows are recomputed from the
/// leaves and compared with the first stored row.
class BaseTrees {
 public:
  /// Tree C: every row is stored.
  static BaseTrees open_tree_c(const Shape& shape, const std::string& cache_dir);
  /// Tree R; the size of the files determines the number of omitted rows.
  static BaseTrees open_tree_r(const Shape& shape, const std::string& cache_dir,
                               const std::string& replica_path);

  const Node& root() const { return upper_rows_.back()[0]; }
  MerkleProof prove(std::uint64_t leaf) const;

 private:
  BaseTrees(const Shape& shape, std::vector<File> files, TreeLayout layout, std::vector<File> replica);

  /// The nodes [first, first + 8) of a row of one base tree. Rows below the first stored one come from
  /// `rebuilt`.
  std::vector<Node> group(unsigned tree, unsigned row, std::uint64_t first,
                          const std::vector<std::vector<Node>>& rebuilt) const;
  std::vector<std::vector<Node>> rebuild(unsigned tree, std::uint64_t leaf) const;

  const Shape* shape_;
  std::vector<File> files_;
  TreeLayout layout_;
  std::vector<File> replica_;  // one file, or none for tree C
  std::vector<std::vector<Node>>
      upper_rows_;  // base roots, then sub roots where there are any, then the root
};

}  // namespace seal
