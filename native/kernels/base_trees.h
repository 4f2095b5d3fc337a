// docs/spec/sealing.md sections 9 and 10: trees C and R, one file for each base tree, the few rows above them
// never stored.
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
/// node; `file_name` names the file of a base tree, which appears only when it is complete. Progress counts
/// leaves.
Node build_base_trees(const Shape& shape, const TreeLayout& layout, const LeafSource& leaves,
                      const std::function<std::string(unsigned base_tree)>& file_name, const Threads& threads,
                      Control& control);

/// Paths in tree C or tree R, which lie in one file for each base tree. Rows that the files leave out are
/// computed again from the leaves and compared with the first stored row.
class BaseTrees {
 public:
  /// Tree C: every row is stored.
  static BaseTrees open_tree_c(const Shape& shape, const std::string& cache_dir);
  /// Tree R; how many rows were left out shows in the files' size.
  static BaseTrees open_tree_r(const Shape& shape, const std::string& cache_dir,
                               const std::string& replica_path);

  const Node& root() const { return upper_rows_.back()[0]; }
  MerkleProof prove(std::uint64_t leaf) const;

 private:
  BaseTrees(const Shape& shape, std::vector<File> files, TreeLayout layout, std::vector<File> replica);

  /// The nodes [first, first + 8) of a row of one base tree; rows below the first stored one come from
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
